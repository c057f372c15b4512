import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelFile, Kernels } from './kernels.ts';
import { loadKernels } from './kernels.ts';

/** What is used of TensorFlow.js's wasm backend. */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: Readonly<Record<string, unknown>>;
    readonly HEAPU8: Uint8Array;
    _malloc: (bytes: number) => number;
    _free: (at: number) => void;
    readonly tfjs: {
      registerTensor(id: number, size: number, at: number): void;
      disposeData(id: number): void;
    };
  };
  readonly dataIdMap: { get(dataId: object): { readonly id: number; readonly memoryOffset: number } };
  incRef(dataId: object): void;
  makeOutput(shape: readonly number[], dtype: 'float32'): TensorInfo;
}

/** TensorFlow.js's memory with our kernels over it. */
export class WasmHeap {
  readonly kernels: Kernels;
  readonly file: KernelFile;
  readonly #backend: WasmBackend;

  private constructor(backend: WasmBackend, kernels: Kernels, file: KernelFile) {
    this.#backend = backend;
    this.kernels = kernels;
    this.file = file;
    kernels.setGemmWorkspace(this.#allocate(kernels.gemmWorkspaceBytes()));
  }

  /** Undefined where the kernels cannot be loaded. */
  static over(backend: WasmBackend, only?: KernelFile): WasmHeap | undefined {
    const memory = Object.values(backend.wasm.asm).find((one) => one instanceof WebAssembly.Memory);
    const loaded = memory && loadKernels(memory, only);
    return loaded && new WasmHeap(backend, loaded.kernels, loaded.file);
  }

  /** Where the tensor's numbers lie. */
  at(tensor: TensorInfo): number {
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
  }

  /** A new tensor with whatever the memory holds. It may grow the memory: views are taken after it. */
  output(shape: readonly number[]): TensorInfo {
    return this.#backend.makeOutput(shape, 'float32');
  }

  /** Another tensor over the same numbers. */
  share(tensor: TensorInfo): TensorInfo {
    this.#backend.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
  }

  /** The tensor's numbers themselves, until the memory grows. */
  view(tensor: TensorInfo): Float32Array {
    const count = tensor.shape.reduce((product, size) => product * size, 1);
    return new Float32Array(this.#backend.wasm.HEAPU8.buffer, this.at(tensor), count);
  }

  /** Lends scratch memory. */
  withScratch<T>(bytes: number, use: (at: number) => T): T {
    const at = this.#allocate(bytes);
    try {
      return use(at);
    } finally {
      this.#backend.wasm._free(at);
    }
  }

  /**
   * To be told after a tensor's numbers were changed in place: the backend keeps packed copies of a product's right factor
   * by the tensor's number, and would go on with the old ones.
   */
  changed(tensor: TensorInfo): void {
    const { id } = this.#backend.dataIdMap.get(tensor.dataId);
    const count = tensor.shape.reduce((product, size) => product * size, 1);
    this.#backend.wasm.tfjs.disposeData(id);
    this.#backend.wasm.tfjs.registerTensor(id, count, this.at(tensor));
  }

  #allocate(bytes: number): number {
    return this.#backend.wasm._malloc(bytes) >>> 0;
  }
}
