/* A whole population as one graph: what differs is computed once.
 *
 * With one weight for all connections the value of a node depends on its activation and its sources
 * alone, so nodes of thousands of networks share a value (hash-consing: Ershov 1958; Filliatre and
 * Conchon 2006). A sum is split in two: that over bias and inputs, which no weight changes, and
 * that over computed nodes; nodes that differ in their activation alone share the sum.
 *
 * The order of every sum follows from structure (inputs by number, computed nodes by hash), so a
 * network gets the same bits whoever else is in the population. Nodes are told apart by 64-bit
 * hashes: among 10,000 different ones two are taken for one with a probability of 3e-12. */
#ifndef WN_DAG_H
#define WN_DAG_H

#include "search/phenotype.h"

/* A table of 64-bit keys, which are hashes already. */
typedef struct wn_dag_slot {
    uint64_t key;
    uint32_t value; /* plus 1; 0: free */
} wn_dag_slot;
typedef struct wn_dag_table {
    wn_dag_slot *slot; /* [size] */
    uint32_t size;     /* a power of 2 */
    uint32_t used;
} wn_dag_table;

/* An array that grows. */
typedef struct wn_dag_array {
    void *data;
    size_t n, capacity; /* items */
} wn_dag_array;
#define WN_DAG_AT(array, type) ((type *)(array).data)

/* Read-only once built; buffers stay from one build to the next. Counts are the n of the arrays;
 * rows of values are numbered from 0 in no particular order. */
typedef struct wn_dag {
    uint32_t inputs, classes;
    bool weighted; /* each connection has its weight; else all the same */
    /* Sums of inputs: those of sum i are plain_source[plain_first[i] .. plain_first[i + 1]), 0
     * being the bias and k input k - 1. */
    wn_dag_array plain_first, plain_source, plain_weight; /* uint32_t, uint32_t, float */
    /* Groups of nodes with the same sum, sources before those who read them: a sum of inputs plus
     * the rows source[group_first[g] .. group_first[g + 1]). */
    wn_dag_array group_plain, group_first, source, weight; /* uint32_t, uint32_t, uint32_t, float */
    /* The nodes of group g: member_row[member_first[g] .. member_first[g + 1]), each an activation.
     */
    wn_dag_array member_first, member_row, member_act; /* uint32_t, uint32_t, uint8_t */
    wn_dag_array output_row;                           /* uint32_t; different outputs */
    /* Different pairs of an output and the class it stands for, by class: pair_output[pair_first[c]
     * ..). */
    wn_dag_array pair_first, pair_output; /* uint32_t */
    /* Different networks: [n * classes] outputs, and pairs. */
    wn_dag_array net_output, net_pair; /* uint32_t */
    uint32_t n_nets;
    wn_dag_array net_of;           /* uint32_t; network of each phenotype */
    uint64_t all_nodes, all_conns; /* of all phenotypes, to tell what sharing saved */

    /* Of building alone. */
    wn_dag_table nets, groups, plains, rows;
    wn_dag_array row_hash, row_group, row_act;   /* uint64_t, uint32_t, uint8_t */
    wn_dag_array output_of, pair_of, pair_class; /* uint32_t */
    wn_dag_array distinct;                       /* uint32_t */
    wn_dag_array row_of, order;                  /* uint32_t, scratch */
} wn_dag;

/* Build the graph of n phenotypes, all of the same inputs and outputs, and all with weights or
 * none. */
wann_status wn_dag_build(wn_dag *dag, const wn_phenotype *const *net, size_t n, wann_diag *diag);
void wn_dag_free(wn_dag *dag); /* {0} is allowed */

#endif
