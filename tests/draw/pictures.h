/* Networks that are worth drawing, and the names that are worst to draw. */
#ifndef WN_TEST_PICTURES_H
#define WN_TEST_PICTURES_H

#include "runtime/net/net.h"

/* Two inputs, a bias, three hidden nodes, one of which no output needs, and two outputs, the second
 * of which reads the first; 8 nodes, 9 connections. name is the network's and that of every input
 * and output. NULL: memory ran out. */
wn_net *test_small_net(const char *name);

/* inputs + bias, hidden, outputs; a good half of the connections start at inputs. */
wn_net *test_wide_net(uint32_t inputs, uint32_t hidden, uint32_t outputs, uint32_t conns);

/* Text that means something in XML, in Graphviz, to terminals or to a layout of lines. The last one
 * is followed by NULL. */
extern const char *const test_evil_names[];

/* 10,000 letters. */
const char *test_long_name(void);

/* How often needle occurs in text. */
size_t test_count(const char *text, const char *needle);
/* The same, only before end. */
size_t test_count_before(const char *text, const char *end, const char *needle);

#endif
