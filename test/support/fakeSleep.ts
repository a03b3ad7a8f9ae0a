type Workflow = typeof import('n8n-workflow');
type Sleep = Workflow['sleep'];

let fake: Sleep | undefined;

// Import this file before anything that loads n8n-workflow.
jest.mock('n8n-workflow', () => ({
	...jest.requireActual<Workflow>('n8n-workflow'),
	sleep: mockSleep,
}));

async function mockSleep(ms: number): Promise<void> {
	if (!fake) throw new Error('A node sleeps, and no test said how');
	await fake(ms);
}

/** Replaces the sleep of n8n-workflow, with which the nodes wait. */
export function useSleep(sleep: Sleep): void {
	fake = sleep;
}
