import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A complete HTTP response as received. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Whether it contains `Connection: close`. */
  readonly close: boolean;
}

/** The bytes of a POST request. */
export function rawPost(body: string, headers = '', path = '/graphql'): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** One connection that sends raw bytes and reads one response after the other. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  ended = false;
  #chunks: Buffer[] = [];
  #size = 0;
  /** The length of the next response in bytes; 0 until its head is complete. */
  #expected = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const changed = (): void => this.#wake?.();
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
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

  /** Sends bytes and reads the response. */
  exchange(bytes: string): Promise<RawAnswer> {
    this.socket.write(bytes);
    return this.answer();
  }

  /** Reads the next response; rejects if the connection ends before it is complete. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#take();
      if (answer) return answer;
      if (this.#failure) throw this.#failure;
      if (this.ended) throw new Error('the connection ended before the response was complete');
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
    if (this.#size === 0 || this.#size < this.#expected) return undefined;
    const received = Buffer.concat(this.#chunks);
    this.#chunks = [received];
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = received.toString('latin1', 0, end);
    this.#expected = end + 4 + Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    if (received.length < this.#expected) return undefined;
    const body = received.toString('utf8', end + 4, this.#expected);
    const rest = received.subarray(this.#expected);
    this.#chunks = [rest];
    this.#size = rest.length;
    this.#expected = 0;
    return { status: Number(head.slice(9, 12)), head, body, close: /^connection: close$/im.test(head) };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
