import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import sharp from 'sharp';
import type { Owner } from '../../demo/n8n';

const CHROMIUM = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'];

const FLAGS = [
	// Chromium's sandbox does not work for root in a container. The only page is our own n8n.
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/** Hides notifications and tooltips, which n8n shows over the page for a moment. */
const HIDE_OVERLAYS = `.el-notification, [data-test-id="tooltip-content"] { display: none !important }`;

const VIEWPORT = { width: 1600, height: 960 };
/** Area of n8n's node panel, in pixels. */
const PANEL = { x: 1200, y: 65, width: 400, height: 895 };

/** Width of a film in pixels, and how long each frame is shown, in milliseconds. */
const FILM = { width: 1000, frameMs: 3_000 };

/** Longest wait for an element of the editor, in milliseconds. */
const PATIENCE_MS = 60_000;

export type Theme = 'light' | 'dark';

/** n8n's editor in a real browser, operated through the page as a user would. */
export class Editor {
	private readonly frames: Buffer[] = [];

	private constructor(
		private readonly browser: Browser,
		readonly page: Page,
		private readonly url: string,
		private readonly pictures: string | undefined,
	) {}

	/**
	 * Opens a browser and signs in.
	 *
	 * @param pictures folder for the pictures; without it none are taken
	 * @throws Error if Chromium is missing
	 */
	static async open(url: string, owner: Owner, pictures?: string): Promise<Editor> {
		const executablePath = CHROMIUM.find((path) => path && existsSync(path));
		if (!executablePath)
			throw new Error(
				'There is no Chromium. Install it (Debian: apt-get install chromium), or name it with CHROMIUM_PATH.',
			);
		if (pictures) mkdirSync(pictures, { recursive: true });
		const browser = await chromium.launch({ executablePath, args: FLAGS });
		const page = await browser.newPage({ viewport: VIEWPORT });
		page.setDefaultTimeout(PATIENCE_MS);
		await page.goto(`${url}/signin`);
		await page.locator('input[name=emailOrLdapLoginId]').fill(owner.email);
		await page.locator('input[type=password]').fill(owner.password);
		await page.keyboard.press('Enter');
		await page.waitForURL(/workflow|home/);
		return new Editor(browser, page, url, pictures);
	}

	async close(): Promise<void> {
		await this.browser.close();
	}

	/** Finds an element by the test id that n8n gives it. */
	at(testId: string, within: Page | Locator = this.page): Locator {
		return within.locator(`[data-test-id="${testId}"]`);
	}

	/** Finds a field of a node or a credential by its parameter name. */
	field(name: string): Locator {
		return this.at(`parameter-input-${name}`);
	}

	/** Takes a picture of the page, or of the node panel; does nothing without a folder. */
	async picture(name: string, part?: 'panel'): Promise<void> {
		if (!this.pictures) return;
		const path = join(this.pictures, `${name}.png`);
		const clip = part && PANEL;
		await this.page.screenshot({ path, clip, style: HIDE_OVERLAYS, animations: 'disabled' });
	}

	/** Adds the page to the next film; does nothing without a folder. */
	async frame(): Promise<void> {
		if (!this.pictures) return;
		this.frames.push(await this.page.screenshot({ style: HIDE_OVERLAYS, animations: 'disabled' }));
	}

	/** Writes the frames as an animated GIF; does nothing without a folder. */
	async film(name: string): Promise<void> {
		if (!this.pictures) return;
		const frames = this.frames.splice(0);
		const small = await Promise.all(
			frames.map(async (frame) => await sharp(frame).resize(FILM.width).png().toBuffer()),
		);
		await sharp(small, { join: { animated: true } })
			.gif({ delay: frames.map(() => FILM.frameMs), colours: 64 })
			.toFile(join(this.pictures, `${name}.gif`));
	}

	/** Sets the theme of every page opened from now on. */
	async setTheme(theme: Theme): Promise<void> {
		await this.page.evaluate(`localStorage.setItem('N8N_THEME', '${theme}')`);
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.at('canvas-node').first().waitFor();
	}

	/** Opens a node of the open workflow. */
	async openNode(name: string): Promise<void> {
		await this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`).dblclick();
		await this.at('ndv').waitFor();
	}

	/** Opens the page of a Data Table that holds snapshots. */
	async openTable(url: string): Promise<void> {
		await this.page.goto(url);
		await this.page.getByText('tiktok').first().waitFor();
	}

	/** Searches for the first node of a new workflow, and returns the ContentStats entries found. */
	async search(text: string): Promise<Locator> {
		const bar = this.at('node-creator-search-bar');
		const found = this.at('item-iterator-item').filter({ hasText: 'ContentStats' });
		if (await bar.isVisible()) {
			// What an earlier text found must not count for this one.
			await bar.fill('');
			await found.first().waitFor({ state: 'detached' });
		} else {
			await this.page.goto(`${this.url}/workflow/new`);
			await this.at('canvas-add-button').click();
		}
		await bar.fill(text);
		await found.first().waitFor();
		return found;
	}

	/** Adds one of the package's triggers or actions to a new workflow and opens it. */
	async add(kind: 'Triggers' | 'Actions', name: string): Promise<void> {
		await (await this.search('contentstats')).first().click();
		const heading = this.page.getByText(new RegExp(`^${kind} \\(\\d+\\)$`));
		await heading.waitFor();
		const entry = this.page.getByText(name, { exact: true });
		if (!(await entry.isVisible())) await heading.click();
		await entry.click();
		await this.at('ndv').waitFor();
	}

	/** Connects a node to the AI Agent of a new workflow, as a tool, and opens it. */
	async addTool(name: string): Promise<void> {
		const bar = this.at('node-creator-search-bar');
		const addFirst = async (text: string) => {
			await bar.fill(text);
			await this.at('item-iterator-item').filter({ hasText: text }).first().click();
			await this.at('ndv').waitFor();
		};
		await this.page.goto(`${this.url}/workflow/new`);
		await this.at('canvas-add-button').click();
		await addFirst('AI Agent');
		await this.page.keyboard.press('Escape');
		const input = this.page.locator('[data-handleid="inputs/ai_tool/0"]');
		await this.at('canvas-handle-plus').and(input.locator('*')).click();
		await addFirst(name);
	}

	/** Widens the output panel and narrows the input panel. */
	async widenOutput(): Promise<void> {
		await this.at('panel-drag-button').hover();
		await this.page.mouse.down();
		await this.page.mouse.move(0, 0, { steps: 5 });
		await this.page.mouse.up();
	}

	/**
	 * Presses Execute Step or Fetch Test Event, and returns the rows that the table then shows.
	 *
	 * @throws Error with n8n's messages if the node does not succeed
	 */
	async execute(): Promise<Array<Record<string, string>>> {
		await this.at('node-execute-button').click();
		try {
			await this.at('node-run-status-success').waitFor();
		} catch (cause) {
			const notices = await this.page.locator('.el-notification').allInnerTexts();
			const output = await this.at('output-panel').innerText();
			throw new Error(`The node did not succeed. n8n says:\n${[...notices, output].join('\n')}`, {
				cause,
			});
		}
		return await this.table();
	}

	/** Returns the rows of the output table, keyed by column. */
	async table(): Promise<Array<Record<string, string>>> {
		const output = this.at('output-panel');
		await this.at('radio-button-table', output).click();
		await output.locator('table tbody td').first().waitFor();
		const columns = await output.locator('thead th').allInnerTexts();
		const rows = await output.locator('tbody tr').all();
		const texts = rows.map(async (row) => await row.locator('td').allInnerTexts());
		return (await Promise.all(texts)).map((cells) =>
			Object.fromEntries(columns.map((name, index) => [name.trim(), cells[index]!.trim()])),
		);
	}

	/** Returns the issues that the editor shows in the open workflow, by node name. */
	async issues(): Promise<Map<string, string>> {
		const issues = new Map<string, string>();
		for (const node of await this.at('canvas-node').all()) {
			const mark = this.at('node-issues', node);
			if ((await mark.count()) === 0) continue;
			await mark.hover();
			const tooltip = this.at('tooltip-content').last();
			await tooltip.waitFor();
			issues.set((await node.getAttribute('data-node-name'))!, await tooltip.innerText());
			await this.page.mouse.move(0, 0);
			await tooltip.waitFor({ state: 'detached' });
		}
		return issues;
	}
}
