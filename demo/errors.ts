import { plainText } from './text';

/** Says what happened, and apart from it what to do. */
export class ErrorWithAdvice extends Error {
	constructor(
		message: string,
		readonly advice: string,
		options?: ErrorOptions,
	) {
		super(message, options);
	}
}

/** Returns an error as a terminal shows it: the message, an empty line, and the advice if there is any. */
export function describeError(error: Error): string {
	const advice = error instanceof ErrorWithAdvice ? [error.advice] : [];
	return plainText([error.message, ...advice].join('\n\n'));
}

/**
 * Returns the error of a node with n8n's description of it, if there is one, as advice.
 *
 * @param summary says what failed; the node's message follows it
 */
export function nodeError(
	summary: string,
	{ message, description }: { message: string; description?: string | null },
): Error {
	const text = `${summary}: ${message}`;
	return description ? new ErrorWithAdvice(text, description) : new Error(text);
}
