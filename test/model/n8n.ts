// Before all that loads n8n-workflow.
import { useSleep } from '../support/fakeSleep';

import type { INodeType } from 'n8n-workflow';
import * as workflow from 'n8n-workflow';

import { clock } from './clock';

// A wait of the node passes on the clock of the schedule.
useSleep((ms) => clock.sleep(ms));

const CURSOR = '../../nodes/ContentStats/polling/cursor';
export type CursorModule = typeof import('../../nodes/ContentStats/polling/cursor');

/**
 * The trigger with all its modules loaded anew, as another process of n8n has it; n8n itself is
 * loaded once.
 *
 * @param breakCursor gives what is put in the place of parts of the cursor.
 */
export function loadTrigger(
	breakCursor: (cursor: CursorModule) => Partial<CursorModule> = () => ({}),
): INodeType {
	let trigger!: INodeType;
	jest.isolateModules(() => {
		jest.doMock('n8n-workflow', () => workflow);
		const cursor = jest.requireActual<CursorModule>(CURSOR);
		jest.doMock(CURSOR, () => ({ ...cursor, ...breakCursor(cursor) }));
		const { ContentStatsTrigger } = jest.requireActual<
			typeof import('../../nodes/ContentStats/ContentStatsTrigger.node')
		>('../../nodes/ContentStats/ContentStatsTrigger.node');
		trigger = new ContentStatsTrigger();
	});
	return trigger;
}
