// Looks at a page of the console as people do: light and dark, wide and on a phone. axe finds what a screen reader would trip
// over.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

export type Verify = (name: string, holds: boolean, detail: string) => void

const themes = ['light', 'dark'] as const
const widths = [1280, 390] as const
const bytesMax = 100_000

/** Pictures go here, if somebody wants them. */
const folder = process.env['TIDEGATE_SCREENSHOTS']

/** @param name of the files and of what is verified */
export async function lookAt(page: Page, name: string, verify: Verify): Promise<void> {
  const path = new URL(page.url()).pathname
  const { length } = Buffer.from(await page.content())
  verify(`console: ${name} is below ${bytesMax / 1000} kB`, length < bytesMax, `${path} has ${length} bytes`)
  for (const colorScheme of themes) {
    for (const width of widths) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      const view = `${name}, ${colorScheme}, ${width} px`
      const wide = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      verify(`console: ${view} fits`, wide <= 0, `${path} is ${wide} px too wide`)
      const { violations } = await new AxeBuilder({ page }).analyze()
      const found = violations.map(
        ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((one) => `  ${one.html.slice(0, 200)}`).join('\n')}`,
      )
      verify(`console: axe finds nothing on ${view}`, found.length === 0, found.join('\n'))
      if (folder === undefined) continue
      mkdirSync(folder, { recursive: true })
      await page.screenshot({
        path: join(folder, `${name.replaceAll(' ', '-')}-${colorScheme}-${width}.png`),
        fullPage: (await page.evaluate<number>('document.documentElement.scrollHeight')) < 8000,
      })
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 900 })
}
