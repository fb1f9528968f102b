import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium, type Page, type Request } from 'playwright-core';
import { developmentToken } from '#platform/auth/development-token.ts';
import { eventually, startTestShop } from '#testkit/shop.ts';

/** Tests the playground in Chromium. UPDATE_SCREENSHOT=1 also updates the screenshot in the README. */
const SCREENSHOT = fileURLToPath(new URL('../docs/images/playground.png', import.meta.url));
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executablePath = findChromium();
const skip =
  executablePath === undefined && !process.env['CI']
    ? 'no Chromium: run apt-get install chromium or set CHROMIUM_PATH'
    : false;

function findChromium(): string | undefined {
  const { CHROMIUM_PATH } = process.env;
  const paths = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(
    (name) => `/usr/bin/${name}`,
  );
  return (CHROMIUM_PATH ? [CHROMIUM_PATH] : paths).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Opens a browser with a new profile and records its network requests. */
async function openBrowser(): Promise<{ page: Page; requests: Request[] } & AsyncDisposable> {
  assert.ok(executablePath, 'CI needs Chromium: run apt-get install chromium');
  const stack = new AsyncDisposableStack();
  const profile = await mkdtemp(join(tmpdir(), 'fritzy-chromium-'));
  stack.defer(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: ARGUMENTS,
    viewport: { width: 1280, height: 800 },
  });
  stack.defer(() => browser.close());
  const requests: Request[] = [];
  browser.on('request', (request) => void requests.push(request));
  const page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(20_000);
  return { page, requests, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Runs the tab with this title and waits until the answer contains `expected`. */
async function runTab(page: Page, title: string, expected: string): Promise<void> {
  await page.getByRole('tab').filter({ hasText: title }).getByRole('button', { name: title }).click();
  await page.getByRole('tab', { selected: true }).filter({ hasText: title }).waitFor();
  const answer = page.locator('.result-window');
  // Shortly after a tab switch, GraphiQL has not parsed the operation yet and does not send it.
  const notReady = answer.getByText('Cannot infer operation').first();
  await eventually(async () => {
    await page.locator('.graphiql-execute-button').click();
    await answer.getByText(expected).first().or(notReady).first().waitFor();
    assert.equal(await notReady.count(), 0);
  });
}

/** The requested URLs of other origins. */
const crossOrigin = (requests: readonly Pick<Request, 'url'>[], origin: string): string[] =>
  requests.map((request) => request.url()).filter((url) => new URL(url).origin !== origin);

/** The answer is below the document; each is as wide as the screen and takes at least a third of its height. */
async function assertStacked(page: Page, width: number): Promise<void> {
  const boxOf = async (selector: string) => page.locator(selector).boundingBox();
  const [editors, answer] = [await boxOf('.graphiql-editors'), await boxOf('.graphiql-response')];
  assert.ok(editors && answer);
  assert.ok(answer.y >= editors.y + editors.height);
  for (const box of [editors, answer]) {
    assert.ok(box.width > width * 0.8 && box.x + box.width <= width);
    assert.ok(box.height > 844 / 3);
  }
}

suite('the playground in Chromium', { skip }, () => {
  test('loads only from the gateway, and its tabs run in order with the ids filled in', async () => {
    // As on a development machine: permissions are enforced, and the page signs in.
    const tokenKeys = await mkdtemp(join(tmpdir(), 'fritzy-playground-'));
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(tokenKeys, { recursive: true, force: true }));
    const own = stack.use(await startTestShop({ tokenKeys }));
    const guarded = await own.addGateway({
      config: { access: 'enforced' },
      developmentToken: () => developmentToken(tokenKeys),
    });
    const shop = { ...own, url: guarded.url };
    await using browser = await openBrowser();
    const { page, requests } = browser;
    const problems: string[] = [];
    page.on('pageerror', (error) => void problems.push(error.message));

    await page.goto(`${shop.url}/graphql`);
    assert.equal(await page.title(), 'Fritzy');
    await runTab(page, 'CreateAccount', 'John Doe');
    await runTab(page, 'CreateProduct', '1199.99');
    await runTab(page, 'CreateOrder', '2399.98');
    await runTab(page, 'Accounts', '2399.98');

    const { data } = await shop.graphql(
      '{ accounts { name orders { totalPrice products { name quantity } } } }',
    );
    assert.deepEqual(data.accounts, [
      {
        name: 'John Doe',
        orders: [{ totalPrice: 2399.98, products: [{ name: 'iPhone 15 Pro', quantity: 2 }] }],
      },
    ]);
    assert.deepEqual(problems, []);
    assert.ok(requests.length >= 5, 'the page and four operations were requested');
    assert.deepEqual(crossOrigin(requests, shop.url), []);
    if (process.env['UPDATE_SCREENSHOT'] === '1') await page.screenshot({ path: SCREENSHOT });
  });

  test('shows the answer below the document on a phone, within the width of the screen', async () => {
    await using shop = await startTestShop();
    await using browser = await openBrowser();
    const { page } = browser;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${shop.url}/graphql`);
    assert.equal(
      await page.locator('meta[name=viewport]').getAttribute('content'),
      'width=device-width, initial-scale=1',
    );
    await eventually(() => assertStacked(page, 390));
    await runTab(page, 'CreateAccount', 'John Doe');
    // Known-bad twin: the layout of a wide screen shows the answer to the right of the document.
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.locator('.graphiql-horizontal-drag-bar').first().waitFor();
    await assert.rejects(assertStacked(page, 1280), assert.AssertionError);
  });

  test('known-bad twin: a page that loads a script from another origin is caught', async () => {
    await using browser = await openBrowser();
    const { page, requests } = browser;
    await page.goto('data:text/html,<title>bad</title>');
    requests.length = 0;
    // Nothing listens on this port: the request alone counts.
    const failed = page.waitForEvent('requestfailed');
    await page.setContent('<script src="http://127.0.0.1:9/graphiql.js"></script>');
    await failed;
    assert.deepEqual(crossOrigin(requests, 'http://127.0.0.1:8000'), ['http://127.0.0.1:9/graphiql.js']);
  });
});
