/** gRPC and Protocol Buffers: a bundle of their own, loaded when the first storage proxy is asked. */
import protobuf from 'protobufjs';
import type { CallName, Calls, TrialMessage } from './messages.ts';
import { OPTUNA_PROTO } from './optunaProto.ts';

export { Client, credentials } from '@grpc/grpc-js';

// 64-bit numbers are plain ones, whether or not the package "long" is installed.
(protobuf.util as { Long?: unknown }).Long = undefined;
protobuf.configure();
const root = protobuf.parse(OPTUNA_PROTO).root.resolveAll();
const trialType = root.lookupType('optuna.Trial');

export function encodeRequest<N extends CallName>(name: N, values: Calls[N][0]): Uint8Array {
  return root.lookupType(`optuna.${name}Request`).encode(values).finish();
}

/** Throws where the bytes are no message. */
export function decodeReply<N extends CallName>(name: N, bytes: Uint8Array): Calls[N][1] {
  return root.lookupType(`optuna.${name}Reply`).decode(bytes) as unknown as Calls[N][1];
}

/** The trials of a GetTrialsReply, decoded one by one, each with its size in bytes: there may be 100,000. */
export function* decodeTrials(bytes: Uint8Array): Generator<{ readonly trial: TrialMessage; readonly size: number }> {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 !== 1 || (tag & 7) !== 2) {
      reader.skipType(tag & 7);
      continue;
    }
    const size = reader.uint32();
    yield { trial: trialType.decode(reader, size) as unknown as TrialMessage, size };
  }
}
