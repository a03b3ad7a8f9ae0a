import type { INodeProperties } from 'n8n-workflow';

/** Chooses one platform, or all. */
export const platformField: INodeProperties = {
	displayName: 'Platform',
	name: 'platform',
	type: 'options',
	default: '',
	description: 'Only include videos on this platform',
	options: [
		{ name: 'All', value: '' },
		{ name: 'Instagram', value: 'instagram' },
		{ name: 'TikTok', value: 'tiktok' },
		{ name: 'X / Twitter', value: 'twitter' },
		{ name: 'YouTube', value: 'youtube' },
	],
};

/** Adds their growth to rows. */
export const includeGrowthField: INodeProperties = {
	displayName: 'Include Growth',
	name: 'includeGrowth',
	type: 'boolean',
	default: false,
	description:
		'Whether to add growth columns: hours_since_previous, a delta per metric, views_per_hour and engagement_rate',
};

/** Adds the age of their post to rows. */
export const includePostAgeField: INodeProperties = {
	displayName: 'Include Post Age',
	name: 'includePostAge',
	type: 'boolean',
	default: false,
	description:
		'Whether to add post_key, posted_at and hours_since_posted, as read from TikTok, X and Instagram links',
};

/** Chooses between flat items and the data of the API. */
export const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};
