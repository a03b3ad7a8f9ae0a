/** A reply before it is sent. */
export interface Answer {
	status: number;
	body: string;
	/** Defaults to JSON. */
	contentType?: string;
	headers?: Record<string, string>;
	/** Leaves out the X-RateLimit headers. */
	withoutRateHeaders?: boolean;
}

/** The problem with one invalid field of a request. */
export interface Detail {
	field: string;
	message: string;
}

export function json(status: number, body: unknown): Answer {
	return { status, body: JSON.stringify(body) };
}

export function refusal(status: number, error: string, more: Record<string, unknown> = {}): Answer {
	return json(status, { error, ...more });
}

export function invalid(details: Detail[]): Answer {
	return refusal(400, 'Invalid request', { details });
}

export function rateLimited(limit: number, reset: number | undefined): Answer {
	return refusal(429, 'Rate limit exceeded', { limit, reset });
}
