import { invalidInput } from '../api/errors';
import { type Platform, PLATFORMS } from '../api/schemas';
import { truncate } from '../utils/format';

/*
 * An expression or an AI agent may give a parameter any value. A value that can mean only one thing is
 * understood; every other is refused, since a guess could spend money or flood a workflow.
 */

/** A parameter, as messages name it. */
interface Parameter {
	/** The name of its field: `Dry Run`. */
	name: string;
	/** What the user can do about a value that is refused. */
	advice: string;
}

function quote(value: unknown): string {
	if (value === undefined || value === null) return 'empty';
	const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
	return `“${truncate(text)}”`;
}

const refuse = ({ name, advice }: Parameter, expected: string, value: unknown) =>
	invalidInput(`${name} must be ${expected}, not ${quote(value)}`, advice);

const joinChoices = (choices: readonly string[]): string =>
	choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;

/** Converts a number, or text that spells one in digits, to a number; NaN if it is neither. */
function toNumber(value: unknown): number {
	if (typeof value === 'number') return value;
	const text = typeof value === 'string' ? value.trim() : '';
	return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
}

/**
 * Parses a switch: true or false, or either as text.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function parseBoolean(value: unknown, parameter: Parameter): boolean {
	if (typeof value === 'boolean') return value;
	const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
	if (text === 'true' || text === 'false') return text === 'true';
	throw refuse(parameter, 'true or false', value);
}

/**
 * Parses a whole number from 1 to `max`, which is at most 2^53.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function parseWholeNumber(value: unknown, parameter: Parameter, max?: number): number {
	const number = toNumber(value);
	const isInRange = number >= 1 && number <= (max ?? Number.MAX_SAFE_INTEGER);
	if (Number.isInteger(number) && isInRange) return number;
	throw refuse(parameter, `a whole number ${max ? `from 1 to ${max}` : 'of at least 1'}`, value);
}

/** The numbers that a parameter allows. */
export type NumberLimits = { max: number } & ({ min: number } | { above: number });

/**
 * Parses a number within limits.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function parseNumber(value: unknown, parameter: Parameter, limits: NumberLimits): number {
	const number = toNumber(value);
	const isAboveLowest = 'min' in limits ? number >= limits.min : number > limits.above;
	if (isAboveLowest && number <= limits.max) return number;
	const lowest = 'min' in limits ? `from ${limits.min}` : `above ${limits.above} and up`;
	throw refuse(parameter, `a number ${lowest} to ${limits.max}`, value);
}

/**
 * Parses an amount in USD from 0 up.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function parseUsd(value: unknown, parameter: Parameter): number {
	const amount = toNumber(value);
	if (amount >= 0 && Number.isFinite(amount)) return amount;
	throw refuse(parameter, 'an amount in USD of at least 0', value);
}

/**
 * Parses one of several values, however it is capitalized.
 *
 * @param aliases further spellings, in lower case, of some of the values.
 * @throws ContentStatsError `invalid_input`, naming the values.
 */
export function parseChoice<T extends string>(
	value: unknown,
	choices: readonly T[],
	parameter: Parameter,
	aliases: ReadonlyMap<string, T> = new Map(),
): T {
	const text = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
	const found = choices.find((choice) => choice.toLowerCase() === text) ?? aliases.get(text ?? '');
	if (found !== undefined) return found;
	throw refuse(parameter, joinChoices(choices.map((choice) => choice || 'All')), value);
}

const PLATFORM_ALIASES = new Map<string, Platform | ''>([
	['all', ''],
	['x', 'twitter'],
	['x/twitter', 'twitter'],
	['x / twitter', 'twitter'],
]);

/**
 * Parses the filter Platform; empty: all platforms.
 *
 * @throws ContentStatsError `invalid_input`
 */
export const parsePlatform = (value: unknown): Platform | '' =>
	parseChoice(
		value,
		['', ...PLATFORMS],
		{
			name: 'Platform',
			advice: 'Choose a platform, or remove the filter to include all platforms',
		},
		PLATFORM_ALIASES,
	);

/**
 * Parses Simplify, Include Growth and Include Post Age, which both nodes have.
 *
 * @throws ContentStatsError `invalid_input`
 */
export const parseOutputSwitch = (
	value: unknown,
	name: 'Simplify' | 'Include Growth' | 'Include Post Age',
): boolean => parseBoolean(value, { name, advice: 'Turn it on or off, or correct its expression' });
