// Takes a picture of each page: draw <chromium> <url of a page>=<file> …; errors that a page tells end it with 1.
import puppeteer from 'puppeteer-core';

const WIDTH = 1600;
const LONGEST_MS = 120_000;

async function main([executablePath, ...pictures]: string[]): Promise<number> {
  const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--force-device-scale-factor=1'] });
  let failed = 0;
  for (const picture of pictures) {
    const [url, file] = [picture.slice(0, picture.lastIndexOf('=')), picture.slice(picture.lastIndexOf('=') + 1)];
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('pageerror', (error) => said.push(String(error)));
    await page.setViewport({ width: WIDTH, height: 900 });
    await page.goto(url, { timeout: LONGEST_MS });
    await page.waitForFunction('window.preview?.done', { timeout: LONGEST_MS });
    // Tables draw only what is in view.
    await page.setViewport({ width: WIDTH, height: (await page.evaluate('document.documentElement.scrollHeight')) as number });
    await page.waitForFunction(
      "[...document.querySelectorAll('[data-type=table]')].every((each) => each.querySelector('[role=row], .empty, .failure'))",
      { timeout: LONGEST_MS },
    );
    await page.waitForNetworkIdle({ idleTime: 300, timeout: LONGEST_MS });
    said.push(...((await page.evaluate('window.preview.errors')) as string[]));
    await page.screenshot({ path: file as `${string}.png`, fullPage: true });
    said.forEach((each) => console.error(`${new URL(url).pathname}: ${each}`));
    failed += said.length;
    await page.close();
  }
  await browser.close();
  return failed === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(String(error));
    process.exit(1);
  },
);
