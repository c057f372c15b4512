/** gRPC and the bytes of its messages: a bundle of their own, loaded when the first storage proxy is asked. */
import protobuf from 'protobufjs/minimal.js';

export { Client, credentials } from '@grpc/grpc-js';
export const { Reader, Writer } = protobuf;
