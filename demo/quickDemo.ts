import removeN8nFolder from '../harness/removeN8nFolder';
import useN8nFolder from '../harness/useN8nFolder';
import { manualClock, startSandbox } from '../sandbox';
import { nodeError } from './errors';
import { requireAllTracked, summaryOfRows, summaryOfTracked, whatIsMissing } from './expected';
import { ACCOUNT, parametersOf, readCollectTemplate, readTrackTemplate } from './scenario';
import { printStep } from './steps';
import { outcomeTable, snapshotTable } from './tables';

const HOUR_MS = 3_600_000;

/**
 * Runs both nodes in n8n-core against a sandbox whose clock is moved by two hours: the action node
 * tracks the links of the template, and one poll of the trigger emits their snapshots.
 *
 * @throws Error if a node fails, a link is not tracked, or a snapshot is missing
 */
export async function runQuickDemo(): Promise<void> {
	await useN8nFolder();
	process.once('exit', () => void removeN8nFolder());
	const { createPoller, runAction } = await printStep('Loading n8n-core', '2 s', async () => {
		// Imported after the folder is set, because n8n-core reads its settings on import.
		return await import('../harness/engine.ts');
	});
	// The snapshots lie in the two hours before now, rather than in the future.
	const clock = manualClock(Date.now() - 2 * HOUR_MS);
	const sandbox = await startSandbox({ ...ACCOUNT, clock });
	const credential = { apiKey: sandbox.liveKey, baseUrl: sandbox.baseUrl };

	const { items, error } = await runAction(credential, parametersOf(readTrackTemplate()));
	if (error) throw nodeError('ContentStats failed', error);
	console.log(`\nContentStats, operation Track:\n\n${outcomeTable(items)}`);
	requireAllTracked(items);
	console.log(summaryOfTracked(items));

	clock.advance({ hours: 2 });
	const poller = createPoller(credential, parametersOf(readCollectTemplate()));
	const polled = await poller.poll().catch((reason: Error) => {
		throw nodeError('ContentStats Trigger failed', reason);
	});
	const rows = polled ?? [];
	console.log(`\nContentStats Trigger, two hours later:\n\n${snapshotTable(rows)}`);
	if (poller.errors[0]) throw nodeError('ContentStats Trigger failed', poller.errors[0]);
	const missing = whatIsMissing(rows);
	if (missing.length > 0) throw new Error(`The trigger emitted ${missing.join(', ')}.`);
	console.log(`${summaryOfRows(rows)}

The nodes ran in n8n-core, against a local stand-in for the paid API. Nothing was spent.
To see them in a real n8n, run: npm run demo`);
}
