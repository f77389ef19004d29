// The frame of every page of the console: head, navigation, the page itself, and what keeps it up to date.
import { html, type Html, nothing } from './html.ts'
import { liveScript } from './live.ts'
import { documentStyle, pageStyle } from './style.ts'

export type Frame = {
  /** The page's own path with its query, such as `/release/01J…?look=3`. */
  readonly path: string
  /** Which installation is shown, such as `tidegate in us-east-1`. */
  readonly where: string
  /** Who presses the buttons, as AWS will be told; `undefined` when nobody can: a saved page, or a widget. */
  readonly who: string | undefined
  readonly nowMs: number
  /** Every form carries it: the server takes no order of a page that is not its own. */
  readonly formToken: string
  /** What stands above the page: what became of an order, the sample's buttons. */
  readonly above?: Html
  /** Whether the page is text alone, such as the runbook. */
  readonly isDocument?: boolean
}

const places = [
  { path: '/', name: 'Fleet' },
  { path: '/on-call', name: 'On call' },
  { path: '/delivery', name: 'Delivery' },
  { path: '/runbook', name: 'Runbook' },
] as const

/** @param here path of the page that is shown */
const link = (here: string, { path, name }: (typeof places)[number]): Html =>
  here.split('?')[0] === path
    ? html`<li><a href="${path}" aria-current="page">${name}</a></li>`
    : html`<li><a href="${path}">${name}</a></li>`

/**
 * @param title of the page, such as `checkout`
 * @param body the page. Sections with an id and `data-live` are put in the place of their elder selves when something happens
 * @returns an HTML document
 */
export function framed(
  { path, where, who, nowMs, above, isDocument = false }: Frame,
  title: string,
  body: Html,
): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Tidegate</title>
        <style>
          ${{ html: isDocument ? documentStyle : pageStyle }}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the page</a>
        <header>
          <nav aria-label="Pages">
            <ul>
              ${places.map((place) => link(path, place))}
            </ul>
          </nav>
          <p class="where">${where}${who === undefined ? '' : ` · as ${who}`}</p>
        </header>
        ${above ?? nothing}
        <main id="main" tabindex="-1">${body}</main>
        <footer>
          <p id="as-of" data-live>As of ${timeTag(nowMs)}. Times are UTC.</p>
        </footer>
        <script>
          ${{ html: liveScript }}
        </script>
      </body>
    </html> `.html
}

/** `2026-11-25 03:14:07`, marked up as a time. */
export const timeTag = (ms: number): Html => {
  const iso = new Date(ms).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`
}
