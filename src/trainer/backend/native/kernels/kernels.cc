/**
 * The kernels in one build: compiled once a level of the processor, with LANES and the name of its table. See
 * buildNative.mjs.
 */
#include "kernels.h"

#include <type_traits>

#include "attention.h"
#include "elements.h"
#include "norm.h"

extern const Kernels TABLE;
const Kernels TABLE = {addBias, gelu, geluGradient, drop, norm, normGradient, attention, attentionGradient};
