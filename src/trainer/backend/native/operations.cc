/**
 * Operations of our own in libtensorflow, made of the kernels: each does in one pass what a dozen element-wise operations do,
 * and tfjs-node's addon runs them as it runs TensorFlow's. They are registered when the addon is loaded; a libtensorflow
 * without the functions for it goes on without them, and so does src/trainer/ops.
 *
 * `settings` are numbers as int32, floats by their bits: as attributes they would each make TensorFlow keep another kernel.
 */
#include "operations.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "threads.h"

namespace {

/** Elements that a thread should have at least, so that waking it pays. */
constexpr int64_t CHEAP = 1 << 16;
constexpr int64_t DEAR = 1 << 14;
/** Rows whose slopes are summed up together, whatever the threads: sums must not depend on them. */
constexpr int64_t ROWS = 64;

const Kernels& kernels = kernelsHere();

int64_t sizeOf(TF_Tensor* tensor) { return TF_TensorElementCount(tensor); }

float floatOf(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

constexpr int MASK_SETTINGS = 5;

Mask maskOf(const int32_t* settings) {
  return {settings[0], settings[1], settings[2], settings[3], floatOf(settings[4])};
}

void addBias(Call& call) {
  TF_Tensor* x = call.matrix(0);
  float* values = static_cast<float*>(TF_TensorData(x));
  const int64_t rows = TF_Dim(x, 0), width = TF_Dim(x, 1);
  const float* bias = call.floats(1, width);
  inParallel(rows, CHEAP / (width + 1) + 1, [&](int64_t first, int64_t last) {
    kernels.addBias(values + first * width, bias, last - first, width);
  });
  call.share(0, x);
}

void gelu(Call& call) {
  TF_Tensor* from = call.input(0);
  const float* x = call.floats(0, sizeOf(from));
  float* y = call.outputLike(0, from);
  inParallel(sizeOf(from), DEAR,
             [&](int64_t first, int64_t last) { kernels.gelu(x + first, y + first, last - first); });
}

void geluGradient(Call& call) {
  TF_Tensor* from = call.input(0);
  const float *dy = call.floats(0, sizeOf(from)), *x = call.floats(1, sizeOf(from));
  float* dx = call.outputLike(0, from);
  inParallel(sizeOf(from), DEAR, [&](int64_t first, int64_t last) {
    kernels.geluGradient(dy + first, x + first, dx + first, last - first);
  });
}

void drop(Call& call) {
  TF_Tensor* from = call.input(0);
  const float* x = call.floats(0, sizeOf(from));
  const Mask mask = maskOf(call.settings(1, MASK_SETTINGS));
  float* y = call.outputLike(0, from);
  // In fours, as masks are made.
  inParallel((sizeOf(from) + 3) / 4, DEAR / 4, [&](int64_t first, int64_t last) {
    const int64_t start = 4 * first, end = std::min(4 * last, sizeOf(from));
    kernels.drop(mask, x + start, y + start, start, end - start, scratchFloats(1024 + 8 * WIDEST));
  });
}

/** Inputs x, scale, shift, settings (a mask, ε), residual; outputs y, and with a residual the sum. */
void norm(Call& call, bool hasResidual) {
  TF_Tensor* from = call.matrix(0);
  const int64_t width = TF_Dim(from, 1);
  const float *x = call.floats(0, sizeOf(from)), *scale = call.floats(1, width), *shift = call.floats(2, width);
  const int32_t* settings = call.settings(3, MASK_SETTINGS + 1);
  const float* residual = hasResidual ? call.floats(4, sizeOf(from)) : nullptr;
  float* y = call.outputLike(0, from);
  float* sum = hasResidual ? call.outputLike(1, from) : nullptr;
  inParallel(TF_Dim(from, 0), DEAR / (width + 1) + 1, [&](int64_t first, int64_t last) {
    const int64_t at = first * width;
    kernels.norm(maskOf(settings), x + at, residual ? residual + at : nullptr, scale, shift, y + at,
                 sum ? sum + at : nullptr, first, last - first, width, floatOf(settings[MASK_SETTINGS]),
                 scratchFloats(width + 8 * WIDEST));
  });
}

/** Inputs dy, sum, scale, settings; outputs the slopes of the sum, of scale and shift, and with a mask of x. */
void normGradient(Call& call, bool hasMask) {
  TF_Tensor* from = call.matrix(0);
  const int64_t rows = TF_Dim(from, 0), width = TF_Dim(from, 1);
  const float *dy = call.floats(0, sizeOf(from)), *sum = call.floats(1, sizeOf(from)), *scale = call.floats(2, width);
  const int32_t* settings = call.settings(3, MASK_SETTINGS + 1);
  float* dSum = call.outputLike(0, from);
  float *dScale = call.output(1, {width}), *dShift = call.output(2, {width});
  float* dx = hasMask ? call.outputLike(3, from) : nullptr;
  const int64_t parts = (rows + ROWS - 1) / ROWS;
  std::vector<float> sums(2 * parts * width);
  inParallel(parts, DEAR / (ROWS * width + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      const int64_t first = part * ROWS, at = first * width;
      float* own = sums.data() + 2 * part * width;
      kernels.normGradient(maskOf(settings), dy + at, sum + at, scale, dSum + at, dx ? dx + at : nullptr, own,
                           own + width, first, std::min(ROWS, rows - first), width,
                           floatOf(settings[MASK_SETTINGS]), scratchFloats(width + 8 * WIDEST));
    }
  });
  for (int64_t at = 0; at < width; at++) dScale[at] = dShift[at] = 0;
  for (int64_t part = 0; part < parts; part++) {
    const float* own = sums.data() + 2 * part * width;
    for (int64_t at = 0; at < width; at++) dScale[at] += own[at];
    for (int64_t at = 0; at < width; at++) dShift[at] += own[width + at];
  }
}

/** Settings: a mask, then texts, heads, queries and length. Throws where heads do not share the query's columns. */
Attention attentionOf(const int32_t* settings, TF_Tensor* query) {
  const int32_t* sizes = settings + MASK_SETTINGS;
  const int64_t width = TF_Dim(query, 1), heads = sizes[1];
  if (heads < 1 || width % heads != 0) throw std::invalid_argument("heads do not share the columns of the query");
  return {sizes[0], heads, sizes[2], sizes[3], width / heads};
}

int64_t headsAtOnce(const Attention& of) { return DEAR / (of.block() * 2 + 1) + 1; }

/** Inputs query, key, value, bias, settings; outputs the context and the probabilities. */
void attention(Call& call) {
  const int32_t* settings = call.settings(4, MASK_SETTINGS + 4);
  const Attention of = attentionOf(settings, call.matrix(0));
  const float *query = call.floats(0, of.queryCount()), *key = call.floats(1, of.keyCount());
  const float *value = call.floats(2, of.keyCount()), *bias = call.floats(3, of.texts * of.length);
  float* context = call.outputLike(0, call.input(0));
  float* probabilities = call.output(1, {of.texts, of.heads, of.queries, padded(of.length)});
  inParallel(of.texts * of.heads, headsAtOnce(of), [&](int64_t first, int64_t last) {
    kernels.attention(maskOf(settings), of, query, key, value, bias, context, probabilities, first, last,
                      scratchFloats(of.scratch()));
  });
}

/** Inputs the slope of the context, query, key, value, probabilities, settings; outputs the slopes of the three. */
void attentionGradient(Call& call) {
  const int32_t* settings = call.settings(5, MASK_SETTINGS + 4);
  const Attention of = attentionOf(settings, call.matrix(1));
  const float *dContext = call.floats(0, of.queryCount()), *query = call.floats(1, of.queryCount());
  const float *key = call.floats(2, of.keyCount()), *value = call.floats(3, of.keyCount());
  const float* probabilities = call.floats(4, of.texts * of.heads * of.block());
  float* slopes[3];
  for (int number = 0; number < 3; number++) slopes[number] = call.outputLike(number, call.input(number + 1));
  inParallel(of.texts * of.heads, headsAtOnce(of), [&](int64_t first, int64_t last) {
    kernels.attentionGradient(maskOf(settings), of, dContext, query, key, value, probabilities, slopes[0], slopes[1],
                              slopes[2], first, last, scratchFloats(of.scratch()));
  });
}

void guarded(void (*run)(Call&), TF_OpKernelContext* context) {
  Call call(context);
  try {
    run(call);
  } catch (const std::bad_alloc&) {
    call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
  } catch (const std::exception& error) {
    call.fail(TF_INTERNAL, error.what());
  }
}

void* nothing(TF_OpKernelConstruction*) { return nullptr; }
void leave(void*) {}

template <void (*RUN)(Call&)>
void compute(void*, TF_OpKernelContext* context) {
  guarded(RUN, context);
}

template <void (*RUN)(Call&, bool), bool IS>
void with(Call& call) {
  RUN(call, IS);
}

struct Operation {
  const char* name;
  std::initializer_list<const char*> inputs;
  std::initializer_list<const char*> outputs;
  void (*compute)(void*, TF_OpKernelContext*);
};

const Operation OPERATIONS[] = {
    {"TuneboardAddBias", {"x", "bias"}, {"y"}, compute<addBias>},
    {"TuneboardGelu", {"x"}, {"y"}, compute<gelu>},
    {"TuneboardGeluGradient", {"dy", "x"}, {"dx"}, compute<geluGradient>},
    {"TuneboardDrop", {"x", "settings"}, {"y"}, compute<drop>},
    {"TuneboardNorm", {"x", "scale", "shift", "settings"}, {"y"}, compute<with<norm, false>>},
    {"TuneboardSumNorm", {"x", "scale", "shift", "settings", "residual"}, {"y", "sum"}, compute<with<norm, true>>},
    {"TuneboardNormGradient",
     {"dy", "sum", "scale", "settings"},
     {"d_sum", "d_scale", "d_shift"},
     compute<with<normGradient, false>>},
    {"TuneboardDropNormGradient",
     {"dy", "sum", "scale", "settings"},
     {"d_sum", "d_scale", "d_shift", "dx"},
     compute<with<normGradient, true>>},
    {"TuneboardAttention",
     {"query", "key", "value", "bias", "settings"},
     {"context", "probabilities"},
     compute<attention>},
    {"TuneboardAttentionGradient",
     {"d_context", "query", "key", "value", "probabilities", "settings"},
     {"d_query", "d_key", "d_value"},
     compute<attentionGradient>},
};

bool isWhole() {
  return TF_NewOpDefinitionBuilder && TF_OpDefinitionBuilderAddInput && TF_OpDefinitionBuilderAddOutput &&
         TF_OpDefinitionBuilderSetShapeInferenceFunction && TF_ShapeInferenceContextSetUnknownShape &&
         TF_RegisterOpDefinition && TF_NewKernelBuilder && TF_RegisterKernelBuilder && TF_GetInput && TF_SetOutput &&
         TF_AllocateOutput && TF_OpKernelContext_Failure && TF_GetAllOpList;
}

/** Another copy of the addon in this process has done it: a second time would end the process. */
bool isDone() {
  TF_Buffer* all = TF_GetAllOpList();
  const bool found = memmem(all->data, all->length, OPERATIONS[0].name, std::strlen(OPERATIONS[0].name)) != nullptr;
  TF_DeleteBuffer(all);
  return found;
}

__attribute__((constructor)) void registerOperations() {
  if (!isWhole() || isDone()) return;
  TF_Status* status = TF_NewStatus();
  for (const Operation& operation : OPERATIONS) {
    TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
    for (const std::string input : operation.inputs) {
      TF_OpDefinitionBuilderAddInput(definition, (input + (input == "settings" ? ": int32" : ": float")).c_str());
    }
    for (const std::string output : operation.outputs) {
      TF_OpDefinitionBuilderAddOutput(definition, (output + ": float").c_str());
    }
    TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, TF_ShapeInferenceContextSetUnknownShape);
    TF_RegisterOpDefinition(definition, status);
    if (TF_GetCode(status) != TF_OK) break;
    TF_RegisterKernelBuilder(operation.name, TF_NewKernelBuilder(operation.name, "CPU", nothing, operation.compute, leave),
                             status);
    if (TF_GetCode(status) != TF_OK) break;
  }
  TF_DeleteStatus(status);
}

}  // namespace
