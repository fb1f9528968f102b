import { anyIs, anyPack, anyUnpack, type Any } from '@bufbuild/protobuf/wkt';
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type Message,
  type MessageShape,
} from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { deadlineExceeded } from '#platform/call.ts';
import { AppError, asAppError, REASONS, type Reason, type Violation } from '#platform/errors.ts';
import { BadRequestSchema, ErrorInfoSchema, StatusSchema, type Status } from '#platform/pb/error_pb.js';

/** The wire format of both sides of a gRPC connection: metadata, sizes, and the mapping between AppError and status. */

export const REQUEST_ID = 'x-request-id';
export const AUTHORIZATION = 'authorization';
export const TRACEPARENT = 'traceparent';
/** The trailer with the details of the richer error model (https://grpc.io/docs/guides/error/). */
const DETAILS = 'grpc-status-details-bin';
const DOMAIN = 'fritzy';
/** In bytes. The largest response is a batch of orders, whose lines have at most 6 MB (order/store.ts). */
const MESSAGE_SIZE_MAX = 64 * 1_048_576;
export const MESSAGE_LIMITS = {
  'grpc.max_receive_message_length': MESSAGE_SIZE_MAX,
  'grpc.max_send_message_length': MESSAGE_SIZE_MAX,
};

// Errors that grpc-js would print to standard error also reach the caller.
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

export function encoder(schema: DescMessage): (message: Message) => Buffer {
  return (message) => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

export function decoder(schema: DescMessage): (bytes: Buffer) => Message {
  return (bytes) => fromBinary(schema, bytes);
}

export function toStatus(error: AppError): grpc.StatusObject {
  const code = REASONS[error.reason];
  const info = create(ErrorInfoSchema, {
    reason: error.reason,
    domain: DOMAIN,
    metadata: Object.fromEntries(Object.entries(error.detail).map(([name, value]) => [name, String(value)])),
  });
  const status = create(StatusSchema, {
    code,
    message: error.publicMessage,
    details: [anyPack(ErrorInfoSchema, info), ...packViolations(error.violations)],
  });
  const metadata = new grpc.Metadata();
  metadata.set(DETAILS, Buffer.from(toBinary(StatusSchema, status)));
  return { code, details: error.publicMessage, metadata };
}

function packViolations(violations: readonly Violation[]): Any[] {
  if (violations.length === 0) return [];
  const fieldViolations = violations.map(({ field, message, code }) => ({
    field,
    description: message,
    reason: code,
  }));
  return [anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations }))];
}

/** Returns the AppError that one of our services sent; undefined if the status comes from another source. */
export function answeredError(error: grpc.ServiceError): AppError | undefined {
  const [bytes] = error.metadata?.get(DETAILS) ?? [];
  if (!(bytes instanceof Buffer)) return undefined;
  const status = fromBinary(StatusSchema, bytes);
  const info = detailOf(status, ErrorInfoSchema);
  if (info?.domain !== DOMAIN || !isReason(info.reason)) return undefined;
  const numbers = Object.entries(info.metadata).map(([name, value]) => [name, Number(value)] as const);
  const violations = detailOf(status, BadRequestSchema)?.fieldViolations ?? [];
  return new AppError(info.reason, status.message, {
    detail: Object.fromEntries(numbers),
    violations: violations.map(({ field, description, reason }) => ({
      field,
      message: description,
      code: isReason(reason) ? reason : 'INVALID_ARGUMENT',
    })),
    cause: error,
  });
}

function detailOf<Desc extends DescMessage>(status: Status, schema: Desc): MessageShape<Desc> | undefined {
  const packed = status.details.find((detail) => anyIs(detail, schema));
  return packed && anyUnpack(packed, schema);
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/**
 * The texts of statuses that grpc-js generates when a connection breaks during a call and that name the HTTP/2 error
 * instead of the loss.
 */
const BROKEN_STREAM = /^(Received RST_STREAM with code|Failed to start HTTP\/2 stream|Write error)/;

/**
 * Whether there is no response because the service or the connection is lost. Only for a status that none of our
 * services sent.
 */
export function isConnectionLoss({ code, details }: grpc.ServiceError): boolean {
  if (code === grpc.status.UNAVAILABLE) return true;
  // The other side reset the stream; a call cancelled by its own caller does not get here.
  if (code === grpc.status.CANCELLED) return true;
  return code === grpc.status.INTERNAL && BROKEN_STREAM.test(details);
}

/** The error for the caller of a call that got no response from one of our services. */
export function errorWithoutAnswer(error: grpc.ServiceError): AppError {
  if (isConnectionLoss(error)) {
    return new AppError('UNAVAILABLE', 'A required service cannot be reached. Try again in a moment.', {
      cause: error,
    });
  }
  switch (error.code) {
    case grpc.status.DEADLINE_EXCEEDED:
      return deadlineExceeded();
    case grpc.status.RESOURCE_EXHAUSTED:
      return new AppError(
        'RESOURCE_EXHAUSTED',
        'The request or its response is too large. Request less data.',
        {
          cause: error,
        },
      );
    default:
      return asAppError(error);
  }
}
