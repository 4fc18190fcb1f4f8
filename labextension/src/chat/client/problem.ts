import type { Code, Problem } from '../protocol';

/** An error that carries a problem for the person. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
    this.name = 'ProblemError';
  }
}

/** The server did not hear of what was to be read. */
export const UNREAD: Problem = {
  code: 'internal',
  message: 'The chat server could not be reached. Check the connection and try again.'
};

/** The server did not hear of what was to be changed. */
export const UNREACHED: Problem = {
  code: 'internal',
  message:
    'The chat server could not be reached, so nothing was changed. Check the ' +
    'connection and try again.'
};

/** The problem in anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) {
    return error.problem;
  }
  return {
    code: 'internal',
    message: 'Something went wrong in this page. Nothing that was stored is lost.',
    detail: error instanceof Error ? error.message : String(error)
  };
}

export function isProblem(value: unknown): value is Problem {
  const problem = value as Partial<Problem> | null | undefined;
  return typeof problem?.code === 'string' && typeof problem.message === 'string';
}

/** Problems that say that the history cannot be read or written at present. */
export function concernsStore(code: Code): boolean {
  return code.startsWith('store_');
}

/** The problem in an answer that is no success, or was not understood. */
export function problemIn(answer: unknown, response: Response): Problem {
  const problem = (answer as { problem?: unknown } | null)?.problem;
  if (isProblem(problem)) {
    return problem;
  }
  if (response.status === 401 || response.status === 403) {
    return {
      code: 'forbidden',
      message:
        'You are signed out. Reload the page and sign in; what you ' + 'typed is kept.'
    };
  }
  return {
    code: 'internal',
    message:
      'The server gave an answer that was not understood. Nothing is lost; try again.',
    detail: `${String(response.status)} ${response.statusText}`
  };
}
