/* LLVM's library, loaded when it is first needed: linked to it, every program of ours would take
 * twice as long to start. Who includes this calls LLVM's functions as its own headers declare them;
 * each call goes through a table, which wn_llvm_load fills. */
#ifndef WN_LLVM_API_H
#define WN_LLVM_API_H

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "wann/status.h"

typedef struct wn_llvm_api {
#define X(name) __typeof__(name) *name;
#include "compiler/llvm/calls.def"
#undef X
} wn_llvm_api;

extern wn_llvm_api wn_llvm;

/* Made of calls.def by CMake: #define LLVMName wn_llvm.LLVMName for each. */
#include "wn_llvm_calls.h"

/* Load the library and make its targets known, unless that has been done. Any number of threads may
 * call it; nothing of LLVM may be called before it has given WANN_OK. WANN_UNSUPPORTED: there is no
 * such library. */
wann_status wn_llvm_load(wann_diag *diag);

#endif
