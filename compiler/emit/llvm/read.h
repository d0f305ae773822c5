/* A reader of the C that templates are written in, which makes LLVM functions of it. So the kernels
 * and the small functions around a network have one source, whether C compilers or LLVM compile
 * them.
 *
 * It knows the C of the templates: functions, structs, unions, enums, arrays, pointers, if, for,
 * while, do, switch; no function pointers, no goto, no initialisers of structs. Both arms of a
 * conditional operator and of && and || are computed. With more lanes than one, every number is a
 * vector and every operation one on vectors; then there can be no statement that decides. */
#ifndef WN_LLVM_READ_H
#define WN_LLVM_READ_H

#include <setjmp.h>

#include "compiler/emit/llvm/token.h"
#include "compiler/emit/llvm/unit.h"
#include "runtime/base/arena.h"

typedef enum wn_cr_kind {
    WN_CR_VOID,
    WN_CR_REAL,
    WN_CR_INT,
    WN_CR_POINTER,
    WN_CR_ARRAY,
    WN_CR_STRUCT
} wn_cr_kind;

typedef struct wn_cr_type wn_cr_type;
typedef struct wn_cr_member {
    wn_token name;
    const wn_cr_type *type;
    unsigned index;
} wn_cr_member;

struct wn_cr_type {
    wn_cr_kind kind;
    LLVMTypeRef llvm;
    unsigned bits;  /* REAL, INT */
    bool is_signed; /* INT */
    bool is_const;
    const wn_cr_type *of; /* POINTER, ARRAY */
    uint64_t length;      /* ARRAY */
    bool is_union;        /* STRUCT: all members at its start */
    wn_cr_member *members;
    unsigned n_members;
};

/* A value, or a place that holds one. */
typedef struct wn_cr_operand {
    const wn_cr_type *type;
    LLVMValueRef v;
    bool place;
} wn_cr_operand;

enum { WN_CR_PARAMETERS = 12, WN_CR_SYMBOLS = 512 };

typedef enum wn_cr_symbol_kind {
    WN_CR_IS_TYPE,
    WN_CR_IS_OPERAND,
    WN_CR_IS_FUNCTION
} wn_cr_symbol_kind;

typedef struct wn_cr_symbol {
    const char *name;
    size_t length;
    wn_cr_symbol_kind kind;
    const wn_cr_type *type; /* of a function: what it gives */
    wn_cr_operand operand;
    LLVMValueRef function;
    LLVMTypeRef signature;
    const wn_cr_type *parameter[WN_CR_PARAMETERS];
    unsigned n_parameters;
} wn_cr_symbol;

/* A reader, with all it has read so far. */
typedef struct wn_cr_reader {
    wn_llvm_unit *unit;
    unsigned lanes;
    const char *suffix; /* after the names of functions that others do not see */
    wn_arena arena;
    wn_lexer lexer;
    wn_token token;       /* the next word */
    int depth;            /* of nested expressions and statements */
    wn_cr_symbol *symbol; /* [WN_CR_SYMBOLS] */
    size_t n_symbols;
    /* The function in work. */
    LLVMValueRef function;
    const wn_cr_type *result;
    LLVMBasicBlockRef on_break, on_continue, on_default;
    LLVMValueRef on_case; /* the switch instruction */
    jmp_buf failed;
    wann_diag *diag;
} wn_cr_reader;

/* lanes 1: numbers. The reader is to be closed, and does not outlive the unit. */
wann_status wn_cr_open(wn_cr_reader *reader, wn_llvm_unit *unit, unsigned lanes, const char *suffix,
                       wann_diag *diag);
void wn_cr_close(wn_cr_reader *reader);
/* Read text. Functions that have a body already keep it. A failure names the line. */
wann_status wn_cr_read(wn_cr_reader *reader, const char *text);
/* A function that was read; NULL if there is none. */
const wn_cr_symbol *wn_cr_function(const wn_cr_reader *reader, const char *name);

/* Between the files of the reader. Those that fail leave by longjmp. */
_Noreturn void wn_cr_fail(wn_cr_reader *r, const char *expected);
void wn_cr_advance(wn_cr_reader *r);
bool wn_cr_accept(wn_cr_reader *r, unsigned mark);
bool wn_cr_accept_word(wn_cr_reader *r, const char *word);
void wn_cr_expect(wn_cr_reader *r, unsigned mark, const char *what);
void wn_cr_enter(wn_cr_reader *r); /* one nesting deeper */

wn_cr_symbol *wn_cr_declare(wn_cr_reader *r, const wn_token *name, wn_cr_symbol_kind kind,
                            const wn_cr_type *type);
wn_cr_symbol *wn_cr_find(const wn_cr_reader *r, const wn_token *name);
void wn_cr_define_macro(void *ctx, const wn_token *name, const wn_token *value);

const wn_cr_type *wn_cr_void(wn_cr_reader *r);
const wn_cr_type *wn_cr_real(wn_cr_reader *r, unsigned bits);
const wn_cr_type *wn_cr_int(wn_cr_reader *r, unsigned bits, bool is_signed);
const wn_cr_type *wn_cr_pointer(wn_cr_reader *r, const wn_cr_type *of);
const wn_cr_type *wn_cr_array(wn_cr_reader *r, const wn_cr_type *of, uint64_t length);
const wn_cr_type *wn_cr_const(wn_cr_reader *r, const wn_cr_type *type);
bool wn_cr_starts_type(const wn_cr_reader *r);
const wn_cr_type *wn_cr_type_name(wn_cr_reader *r); /* base type and stars */
const wn_cr_type *wn_cr_base_type(wn_cr_reader *r);
const wn_cr_type *wn_cr_stars(wn_cr_reader *r, const wn_cr_type *type);

wn_cr_operand wn_cr_value_of(wn_cr_reader *r,
                             wn_cr_operand operand); /* load a place; arrays become pointers */
const wn_cr_type *wn_cr_common(wn_cr_reader *r, const wn_cr_type *a, const wn_cr_type *b);
wn_cr_operand wn_cr_convert(wn_cr_reader *r, wn_cr_operand value, const wn_cr_type *type);
LLVMValueRef wn_cr_condition(wn_cr_reader *r, wn_cr_operand value);
wn_cr_operand wn_cr_number(wn_cr_reader *r, const wn_token *token);
wn_cr_operand wn_cr_integer(wn_cr_reader *r, const wn_cr_type *type, uint64_t value);
wn_cr_operand wn_cr_expression(wn_cr_reader *r); /* with commas */
wn_cr_operand wn_cr_assignment(wn_cr_reader *r); /* without */
uint64_t wn_cr_constant(wn_cr_reader *r);        /* an integer constant expression */
wn_cr_operand wn_cr_call(wn_cr_reader *r, const wn_token *name);
wn_cr_operand wn_cr_binary(wn_cr_reader *r, unsigned mark, wn_cr_operand a, wn_cr_operand b);

LLVMValueRef wn_cr_initialiser(wn_cr_reader *r, const wn_cr_type *type);
LLVMValueRef wn_cr_local(wn_cr_reader *r, const wn_cr_type *type, const wn_token *name);
void wn_cr_declaration(wn_cr_reader *r, bool in_function);
void wn_cr_block(wn_cr_reader *r);       /* the body of a function, after its { */
bool wn_cr_ended(const wn_cr_reader *r); /* whether the present basic block has its end */

#endif
