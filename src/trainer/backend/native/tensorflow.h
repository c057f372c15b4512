/*
 * The part of TensorFlow's C API that the addon of @tensorflow/tfjs-node calls, declared from its documentation, so that
 * the addon is compiled without TensorFlow's own headers (187 MB of a download). Names, enum values and structures are
 * those of every libtensorflow since 2.4. The addon's `#include "tensorflow/c/…"` all lead here (buildNative.mjs).
 */
#ifndef TUNEBOARD_TENSORFLOW_H_
#define TUNEBOARD_TENSORFLOW_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {

typedef enum TF_Code { TF_OK = 0, TF_RESOURCE_EXHAUSTED = 8, TF_INTERNAL = 13 } TF_Code;

typedef enum TF_DataType {
  TF_FLOAT = 1,
  TF_INT32 = 3,
  TF_UINT8 = 4,
  TF_STRING = 7,
  TF_COMPLEX64 = 8,
  TF_INT64 = 9,
  TF_BOOL = 10,
  TF_RESOURCE = 20,
} TF_DataType;

typedef enum TF_AttrType {
  TF_ATTR_STRING = 0,
  TF_ATTR_INT = 1,
  TF_ATTR_FLOAT = 2,
  TF_ATTR_BOOL = 3,
  TF_ATTR_TYPE = 4,
  TF_ATTR_SHAPE = 5,
} TF_AttrType;

typedef struct TF_Status TF_Status;
typedef struct TF_Tensor TF_Tensor;
typedef struct TF_Graph TF_Graph;
typedef struct TF_Session TF_Session;
typedef struct TF_SessionOptions TF_SessionOptions;
typedef struct TF_Operation TF_Operation;
typedef struct TF_DeviceList TF_DeviceList;
typedef struct TFE_Context TFE_Context;
typedef struct TFE_ContextOptions TFE_ContextOptions;
typedef struct TFE_Op TFE_Op;
typedef struct TFE_TensorHandle TFE_TensorHandle;

typedef struct TF_Output {
  TF_Operation* oper;
  int index;
} TF_Output;

typedef struct TF_Buffer {
  const void* data;
  size_t length;
  void (*data_deallocator)(void* data, size_t length);
} TF_Buffer;

const char* TF_Version(void);
size_t TF_DataTypeSize(TF_DataType type);

TF_Status* TF_NewStatus(void);
void TF_DeleteStatus(TF_Status*);
TF_Code TF_GetCode(const TF_Status*);
const char* TF_Message(const TF_Status*);
void TF_SetStatus(TF_Status*, TF_Code, const char* message);

TF_Buffer* TF_NewBuffer(void);
TF_Buffer* TF_NewBufferFromString(const void* bytes, size_t length);
void TF_DeleteBuffer(TF_Buffer*);

TF_Tensor* TF_NewTensor(TF_DataType, const int64_t* dims, int num_dims, void* data, size_t length,
                        void (*deallocator)(void* data, size_t length, void* arg), void* deallocator_arg);
TF_Tensor* TF_AllocateTensor(TF_DataType, const int64_t* dims, int num_dims, size_t length);
void TF_DeleteTensor(TF_Tensor*);
TF_DataType TF_TensorType(const TF_Tensor*);
int TF_NumDims(const TF_Tensor*);
int64_t TF_Dim(const TF_Tensor*, int dim_index);
size_t TF_TensorByteSize(const TF_Tensor*);
void* TF_TensorData(const TF_Tensor*);
int64_t TF_TensorElementCount(const TF_Tensor*);

TF_Graph* TF_NewGraph(void);
void TF_DeleteGraph(TF_Graph*);
TF_Operation* TF_GraphOperationByName(TF_Graph*, const char* name);
TF_SessionOptions* TF_NewSessionOptions(void);
void TF_DeleteSessionOptions(TF_SessionOptions*);
TF_Session* TF_LoadSessionFromSavedModel(const TF_SessionOptions*, const TF_Buffer* run_options, const char* export_dir,
                                         const char* const* tags, int tags_len, TF_Graph*, TF_Buffer* meta_graph_def,
                                         TF_Status*);
void TF_SessionRun(TF_Session*, const TF_Buffer* run_options, const TF_Output* inputs, TF_Tensor* const* input_values,
                   int ninputs, const TF_Output* outputs, TF_Tensor** output_values, int noutputs,
                   const TF_Operation* const* target_opers, int ntargets, TF_Buffer* run_metadata, TF_Status*);
void TF_DeleteSession(TF_Session*, TF_Status*);

void TF_DeleteDeviceList(TF_DeviceList*);
int TF_DeviceListCount(const TF_DeviceList*);
const char* TF_DeviceListName(const TF_DeviceList*, int index, TF_Status*);
const char* TF_DeviceListType(const TF_DeviceList*, int index, TF_Status*);

TFE_ContextOptions* TFE_NewContextOptions(void);
void TFE_DeleteContextOptions(TFE_ContextOptions*);
TFE_Context* TFE_NewContext(const TFE_ContextOptions*, TF_Status*);
void TFE_DeleteContext(TFE_Context*);
TF_DeviceList* TFE_ContextListDevices(TFE_Context*, TF_Status*);

TFE_TensorHandle* TFE_NewTensorHandle(const TF_Tensor*, TF_Status*);
void TFE_DeleteTensorHandle(TFE_TensorHandle*);
TF_DataType TFE_TensorHandleDataType(TFE_TensorHandle*);
int TFE_TensorHandleNumDims(TFE_TensorHandle*, TF_Status*);
int64_t TFE_TensorHandleDim(TFE_TensorHandle*, int dim_index, TF_Status*);
TF_Tensor* TFE_TensorHandleResolve(TFE_TensorHandle*, TF_Status*);
TFE_TensorHandle* TFE_TensorHandleCopyToDevice(TFE_TensorHandle*, TFE_Context*, const char* device_name, TF_Status*);

TFE_Op* TFE_NewOp(TFE_Context*, const char* name, TF_Status*);
void TFE_DeleteOp(TFE_Op*);
void TFE_OpAddInput(TFE_Op*, TFE_TensorHandle* input, TF_Status*);
void TFE_OpSetAttrString(TFE_Op*, const char* name, const void* value, size_t length);
void TFE_OpSetAttrInt(TFE_Op*, const char* name, int64_t value);
void TFE_OpSetAttrFloat(TFE_Op*, const char* name, float value);
void TFE_OpSetAttrBool(TFE_Op*, const char* name, unsigned char value);
void TFE_OpSetAttrType(TFE_Op*, const char* name, TF_DataType value);
void TFE_OpSetAttrShape(TFE_Op*, const char* name, const int64_t* dims, const int num_dims, TF_Status*);
void TFE_OpSetAttrIntList(TFE_Op*, const char* name, const int64_t* values, int num_values);
void TFE_OpSetAttrFloatList(TFE_Op*, const char* name, const float* values, int num_values);
void TFE_OpSetAttrBoolList(TFE_Op*, const char* name, const unsigned char* values, int num_values);
void TFE_Execute(TFE_Op*, TFE_TensorHandle** retvals, int* num_retvals, TF_Status*);

// For operations of our own (operations.cc), in every libtensorflow since 2.5. Weak: null where one lacks them.
#define TUNEBOARD_WEAK __attribute__((weak))
typedef struct TF_OpDefinitionBuilder TF_OpDefinitionBuilder;
typedef struct TF_ShapeInferenceContext TF_ShapeInferenceContext;
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;

TUNEBOARD_WEAK TF_Buffer* TF_GetAllOpList(void);
TUNEBOARD_WEAK TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char* name);
TUNEBOARD_WEAK void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char* specification);
TUNEBOARD_WEAK void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char* specification);
TUNEBOARD_WEAK void TF_OpDefinitionBuilderSetShapeInferenceFunction(TF_OpDefinitionBuilder*,
                                                                    void (*)(TF_ShapeInferenceContext*, TF_Status*));
TUNEBOARD_WEAK void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext*, TF_Status*);
/** Deletes the builder. */
TUNEBOARD_WEAK void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);
TUNEBOARD_WEAK TF_KernelBuilder* TF_NewKernelBuilder(const char* operation, const char* device,
                                                     void* (*create)(TF_OpKernelConstruction*),
                                                     void (*compute)(void*, TF_OpKernelContext*),
                                                     void (*remove)(void*));
/** Deletes the builder. */
TUNEBOARD_WEAK void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder*, TF_Status*);
TUNEBOARD_WEAK void TF_GetInput(TF_OpKernelContext*, int index, TF_Tensor**, TF_Status*);
TUNEBOARD_WEAK void TF_SetOutput(TF_OpKernelContext*, int index, const TF_Tensor*, TF_Status*);
TUNEBOARD_WEAK TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int index, TF_DataType, const int64_t* dims,
                                            int num_dims, size_t length, TF_Status*);
TUNEBOARD_WEAK void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);

}  // extern "C"

/*
 * A string inside a tensor: 24 bytes, little-endian. The two lowest bits of the first byte say which kind it is:
 * 0 small (length in the other six bits, then up to 22 bytes and a zero), 1 large (length << 2, capacity, pointer),
 * 2 offset (32-bit length << 2, 32-bit offset from the structure, count), 3 view (length << 2, pointer).
 */
typedef struct TF_TString {
  union {
    struct {
      uint64_t size;
      uint64_t capacity;
      char* pointer;
    } large;
    struct {
      uint64_t size;
      const char* pointer;
    } view;
    struct {
      uint32_t size;
      uint32_t offset;
    } offset;
    struct {
      uint8_t size;
      char text[23];
    } small;
  };
} TF_TString;

enum { TUNEBOARD_SMALL = 0, TUNEBOARD_LARGE = 1, TUNEBOARD_OFFSET = 2, TUNEBOARD_VIEW = 3, TUNEBOARD_LONGEST_SMALL = 22 };

inline int tuneboard_kind(const TF_TString* string) { return string->small.size & 3; }

inline void TF_TString_Init(TF_TString* string) { std::memset(string, 0, sizeof *string); }

inline void TF_TString_Dealloc(TF_TString* string) {
  if (tuneboard_kind(string) == TUNEBOARD_LARGE) std::free(string->large.pointer);
  TF_TString_Init(string);
}

inline void TF_TString_Copy(TF_TString* string, const char* source, size_t length) {
  TF_TString_Dealloc(string);
  if (length <= TUNEBOARD_LONGEST_SMALL) {
    std::memcpy(string->small.text, source, length);
    string->small.size = static_cast<uint8_t>(length << 2 | TUNEBOARD_SMALL);
    return;
  }
  // Released by TensorFlow with free().
  char* copy = static_cast<char*>(std::malloc(length + 1));
  std::memcpy(copy, source, length);
  copy[length] = '\0';
  string->large.size = static_cast<uint64_t>(length) << 2 | TUNEBOARD_LARGE;
  string->large.capacity = length;
  string->large.pointer = copy;
}

inline size_t TF_TString_GetSize(const TF_TString* string) {
  switch (tuneboard_kind(string)) {
    case TUNEBOARD_SMALL:
      return string->small.size >> 2;
    case TUNEBOARD_OFFSET:
      return string->offset.size >> 2;
    default:
      return string->large.size >> 2;
  }
}

inline const char* TF_TString_GetDataPointer(const TF_TString* string) {
  switch (tuneboard_kind(string)) {
    case TUNEBOARD_SMALL:
      return string->small.text;
    case TUNEBOARD_LARGE:
      return string->large.pointer;
    case TUNEBOARD_OFFSET:
      return reinterpret_cast<const char*>(string) + string->offset.offset;
    default:
      return string->view.pointer;
  }
}

#endif  // TUNEBOARD_TENSORFLOW_H_
