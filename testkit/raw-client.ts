import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A whole answer, as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Whether it says `Connection: close`. */
  readonly close: boolean;
}

/** The head of a request to /graphql, and its body. */
export function rawPost(body: string, headers = '', path = '/graphql'): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** One connection that sends what it is given and reads one answer after the other. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  ended = false;
  #received = Buffer.alloc(0);
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const changed = (): void => this.#wake?.();
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      changed();
    });
    socket.on('end', () => {
      this.ended = true;
      changed();
    });
    socket.on('error', (error) => {
      this.#failure = error;
      changed();
    });
    socket.on('close', () => {
      this.ended = true;
      changed();
    });
  }

  static async connect(url: string): Promise<RawClient> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends bytes and reads the answer. */
  ask(bytes: string): Promise<RawAnswer> {
    this.socket.write(bytes);
    return this.answer();
  }

  /** Reads the next answer; rejects if the connection ends before it is whole. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#take();
      if (answer) return answer;
      if (this.#failure) throw this.#failure;
      if (this.ended) throw new Error('the connection ended before the answer was whole');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits until the server has closed its side. */
  async untilEnded(): Promise<void> {
    while (!this.ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #take(): RawAnswer | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#received.toString('latin1', 0, end);
    const size = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + size) return undefined;
    const body = this.#received.toString('utf8', end + 4, end + 4 + size);
    this.#received = this.#received.subarray(end + 4 + size);
    const status = Number(head.slice(9, 12));
    return { status, head, body, close: /^connection: close$/im.test(head) };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
