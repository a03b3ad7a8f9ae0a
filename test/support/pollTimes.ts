/**
 * Returns poll times of a trigger for one poll every `seconds`. n8n allows each poll time at most
 * once a minute, but any number of poll times.
 *
 * @param seconds a divisor of 60
 */
export const pollEvery = (seconds: number) => ({
	item: Array.from({ length: 60 / seconds }, (_, index) => ({
		mode: 'custom',
		cronExpression: `${index * seconds} * * * * *`,
	})),
});
