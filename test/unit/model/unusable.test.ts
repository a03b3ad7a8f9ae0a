import { readVideoList } from '../../../nodes/ContentStats/api/schemas';
import { describeUnusable, unusableOfList } from '../../../nodes/ContentStats/model/unusable';
import { video } from '../support/fakeClient';

test.each<[string, Array<[string, string[]]>, string]>([
	['one value', [['video a', ['likes']]], 'likes of video a'],
	[
		'a field of three videos',
		[
			['a', ['likes']],
			['b', ['likes']],
			['c', ['likes']],
		],
		'likes of a, b, c',
	],
	[
		'a field of more, each of them once',
		[
			['a', ['likes']],
			['b', ['likes']],
			['c', ['likes']],
			['d', ['likes']],
			['d', ['likes']],
		],
		'likes of a, b, c and 1 more',
	],
	[
		'several fields',
		[
			['a', ['likes', 'platform']],
			['b', ['platform']],
		],
		'likes of a; platform of a, b',
	],
])('describeUnusable names %s', (_, unusable, named) => {
	expect(describeUnusable(unusable.map(([subject, fields]) => ({ subject, fields })))).toBe(
		`ContentStats returned invalid values: ${named}. They are left empty, and entries without a valid ID or time are skipped. Everything else is unaffected`,
	);
});

it('unusableOfList names the odd fields of videos, and the list for entries without an id', () => {
	const videos = [video('a'), { ...video('b'), platform: 7, status: null }, { id: null }, 'text'];
	expect(unusableOfList(readVideoList({ videos }, 'it'))).toEqual([
		{ subject: 'video b', fields: ['platform', 'status'] },
		{ subject: 'the list', fields: ['id'] },
	]);
});
