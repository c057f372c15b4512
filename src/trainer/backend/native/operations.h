/** What an operation of ours sees of TensorFlow while it runs: its tensors by number. */
#ifndef TUNEBOARD_OPERATIONS_H_
#define TUNEBOARD_OPERATIONS_H_

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "tensorflow.h"

class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}

  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  TF_Tensor* input(int number) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, number, &tensor, status_);
    return held(tensor);
  }

  /** One of two dimensions. */
  TF_Tensor* matrix(int number) {
    TF_Tensor* tensor = input(number);
    if (TF_NumDims(tensor) != 2) throw std::invalid_argument("input " + std::to_string(number) + " is no matrix");
    return tensor;
  }

  /** Of this many elements: kernels trust in it. May be written where its owner knows. */
  float* floats(int number, int64_t count) { return static_cast<float*>(dataOf(number, count)); }

  const int32_t* settings(int number, int64_t count) { return static_cast<const int32_t*>(dataOf(number, count)); }

  float* output(int number, std::initializer_list<int64_t> shape) {
    int64_t bytes = sizeof(float);
    for (const int64_t size : shape) bytes *= size;
    return static_cast<float*>(TF_TensorData(held(TF_AllocateOutput(
        context_, number, TF_FLOAT, shape.begin(), static_cast<int>(shape.size()), bytes, status_))));
  }

  float* outputLike(int number, TF_Tensor* tensor) {
    std::vector<int64_t> shape;
    for (int axis = 0; axis < TF_NumDims(tensor); axis++) shape.push_back(TF_Dim(tensor, axis));
    return static_cast<float*>(TF_TensorData(held(TF_AllocateOutput(context_, number, TF_FLOAT, shape.data(), shape.size(),
                                                                    TF_TensorByteSize(tensor), status_))));
  }

  /** The output is this tensor, not a copy. */
  void share(int number, TF_Tensor* tensor) {
    TF_SetOutput(context_, number, tensor, status_);
    check();
  }

  void fail(TF_Code code, const char* message) {
    if (TF_GetCode(status_) == TF_OK) TF_SetStatus(status_, code, message);
    TF_OpKernelContext_Failure(context_, status_);
  }

 private:
  void* dataOf(int number, int64_t count) {
    TF_Tensor* tensor = input(number);
    const int64_t size = TF_TensorElementCount(tensor);
    if (size == count) return TF_TensorData(tensor);
    throw std::invalid_argument("input " + std::to_string(number) + " has " + std::to_string(size) + " elements, not " +
                                std::to_string(count));
  }

  TF_Tensor* held(TF_Tensor* tensor) {
    if (tensor) tensors_.push_back(tensor);
    check();
    return tensor;
  }

  void check() {
    if (TF_GetCode(status_) != TF_OK) throw std::runtime_error(TF_Message(status_));
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

#endif  // TUNEBOARD_OPERATIONS_H_
