import type { INodeProperties } from 'n8n-workflow';

/** The choice of one platform, or all. */
export const platformField: INodeProperties = {
	displayName: 'Platform',
	name: 'platform',
	type: 'options',
	default: '',
	description: 'Only videos of this platform',
	options: [
		{ name: 'All', value: '' },
		{ name: 'Instagram', value: 'instagram' },
		{ name: 'TikTok', value: 'tiktok' },
		{ name: 'X / Twitter', value: 'twitter' },
		{ name: 'YouTube', value: 'youtube' },
	],
};
