/**
 * Poll times of a trigger, so many seconds apart: a divisor of 60. n8n lets a poll time come once a
 * minute at the most, but any number of poll times.
 */
export const pollEvery = (seconds: number) => ({
	item: Array.from({ length: 60 / seconds }, (_, index) => ({
		mode: 'custom',
		cronExpression: `${index * seconds} * * * * *`,
	})),
});
