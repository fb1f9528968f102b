import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpLimits } from '#graphql/http-limits.ts';
import type { HttpMetrics } from '#platform/http-metrics.ts';

type CutReason = 'write_timeout' | 'unsent_bytes' | 'pipelining' | 'connections';

/** A client connection. It is active while a request is being answered, otherwise idle. */
export class Connection {
  readonly socket: Socket;
  active = false;
  /** True once no further requests of the connection are handled. */
  closing = false;
  /** performance.now() at the start of its last request, or when it was opened. */
  usedMs = performance.now();
  /** Bytes of its response that are not yet passed to the operating system. */
  unsentBytes = 0;
  /** Functions that start the queued requests. */
  readonly waiting: (() => void)[] = [];
  /** The response to the active request while its request body is being received. */
  response: ServerResponse | undefined;
  /** Called once the last request has been answered. */
  onIdle: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
  }
}

/**
 * The open connections of a server and the memory that they hold. The requests of one connection are answered one after
 * the other (RFC 9112, section 9.3.2: only safe methods may run concurrently), so a connection holds at most one response.
 */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  /** Connections with unsent bytes, longest waiting first. */
  readonly #unread = new Set<Connection>();
  readonly #limits: HttpLimits;
  readonly #connectionsMax: number;
  readonly #metrics: HttpMetrics;
  /** Bytes of responses that are not yet passed to the operating system. */
  unsentBytes = 0;
  /** Queued requests of all connections. */
  #waiting = 0;

  constructor(limits: HttpLimits, connectionsMax: number, metrics: HttpMetrics) {
    this.#limits = limits;
    this.#connectionsMax = connectionsMax;
    this.#metrics = metrics;
  }

  get size(): number {
    return this.#open.size;
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Registers a new connection. At the limit, it replaces the longest idle connection; if none is idle, it is refused. */
  open(socket: Socket): void {
    if (this.#open.size >= this.#connectionsMax) {
      const idle = this.#longestIdle();
      if (!idle) {
        this.#metrics.refusedConnections.inc();
        socket.destroy();
        return;
      }
      this.#cut(idle, 'connections');
    }
    const connection = new Connection(socket);
    this.#open.set(socket, connection);
    // Node removes its own listener from sockets of CONNECT requests. Without a listener, a reset ends the process.
    socket.on('error', () => {});
    // Node calls it after a response with `Connection: close`.
    socket.destroySoon = () => this.#linger(connection);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.dropWaiting(connection);
      this.#sent(connection);
    });
  }

  /** Queues a request of a connection. Cuts the connection if the queue is full. */
  enqueue(connection: Connection, start: () => void): void {
    const { pipelinedMax, pipelinedTotalMax } = this.#limits;
    if (connection.waiting.length >= pipelinedMax || this.#waiting >= pipelinedTotalMax) {
      this.#cut(connection, 'pipelining');
      return;
    }
    connection.waiting.push(start);
    this.#waiting += 1;
  }

  /** Drops the queued requests of a connection. */
  dropWaiting(connection: Connection): void {
    this.#waiting -= connection.waiting.length;
    connection.waiting.length = 0;
  }

  /** Counts the unsent bytes of a response. Call it right after the response was written. */
  written(connection: Connection): void {
    const { socket } = connection;
    const { writableLength } = socket;
    if (writableLength === 0) return;
    this.unsentBytes += writableLength - connection.unsentBytes;
    connection.unsentBytes = writableLength;
    this.#unread.add(connection);
    // Node restarts this timer while the operating system accepts bytes.
    socket.setTimeout(this.#limits.writeTimeoutMs);
    for (const slowest of this.#unread) {
      if (this.unsentBytes <= this.#limits.unsentBytesMax) break;
      this.#cut(slowest, 'unsent_bytes');
    }
  }

  /** Starts the next request of the connection. Call it when a response was sent or cannot be sent. */
  answered(connection: Connection): void {
    connection.active = false;
    if (connection.unsentBytes > 0) this.#sent(connection);
    if (connection.waiting.length > 0) {
      const next = connection.waiting.shift();
      this.#waiting -= 1;
      if (!connection.socket.destroyed) next?.();
    } else if (connection.onIdle) connection.onIdle();
  }

  /** Handles the timeout of a socket: the client reads nothing, or the connection was idle for too long. */
  timedOut(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (!connection) socket.destroy();
    else if (connection.unsentBytes > 0) this.#cut(connection, 'write_timeout');
    // The timer can be from the previous response. An active request is limited by its deadline.
    else if (!connection.active && !connection.closing) this.#linger(connection);
  }

  /** Closes the idle connections. */
  closeIdle(): void {
    for (const connection of this.#open.values())
      if (!connection.active && !connection.closing) this.#linger(connection);
  }

  /**
   * Sends FIN and reads until the client closes the connection or `lingerMs` have passed. Closing a socket with unread
   * bytes resets the connection, and the client can lose the response.
   */
  #linger(connection: Connection): void {
    const { socket } = connection;
    connection.closing = true;
    this.dropWaiting(connection);
    if (socket.destroyed) return;
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), this.#limits.lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }

  #cut(connection: Connection, reason: CutReason): void {
    this.#metrics.cutConnections.inc({ reason });
    connection.closing = true;
    this.dropWaiting(connection);
    connection.onIdle = undefined;
    this.#sent(connection);
    this.#open.delete(connection.socket);
    connection.socket.destroy();
  }

  #sent(connection: Connection): void {
    this.unsentBytes -= connection.unsentBytes;
    connection.unsentBytes = 0;
    this.#unread.delete(connection);
  }

  #longestIdle(): Connection | undefined {
    let longest: Connection | undefined;
    for (const connection of this.#open.values())
      if (!connection.active && !(longest && longest.usedMs <= connection.usedMs)) longest = connection;
    return longest;
  }
}
