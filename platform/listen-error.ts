import { messageOf, StartError } from '#platform/errors.ts';

/** An address that a server cannot listen on, and the settings that define it. */
export interface ListenProblem {
  readonly host: string;
  readonly port: number;
  /** The settings of host and port, for example `HOST` and `PORT`. */
  readonly settings: { readonly host: string; readonly port: string };
  /** An alternative port to suggest. */
  readonly otherPort: number;
}

const NO_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/** Converts the `error` event of a server that starts to listen into a StartError that names the wrong setting. */
export function listenError(error: NodeJS.ErrnoException, problem: ListenProblem): StartError {
  return new StartError(explain(error, problem), { cause: error });
}

function explain(error: NodeJS.ErrnoException, problem: ListenProblem): string {
  const { host, port, settings } = problem;
  const { code = '', syscall } = error;
  const example = `${settings.port}=${port === problem.otherPort ? port + 1 : problem.otherPort}`;
  if (code === 'EADDRINUSE')
    return `port ${port} is in use by another program: stop that program or set another port, e.g. ${example}`;
  if (code === 'EACCES')
    return `port ${port} is not permitted for this user: set ${settings.port} to 1024 or more, e.g. ${example}`;
  if (syscall === 'getaddrinfo' || NO_ADDRESS.has(code))
    return `${settings.host} is "${host}", which is not an address of this machine (${messageOf(error)}): set it to 127.0.0.1, or to 0.0.0.0 for all addresses`;
  return `cannot listen on ${settings.host} ${host}, ${settings.port} ${port} (${messageOf(error)})`;
}
