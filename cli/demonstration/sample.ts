// The sample's buttons above each page of `tidegate local`: a good, a failing, a slow and a slowly worsening version, whom to
// act as, and the orders that a newcomer tries first. A version is published as a pipeline would; its release is asked for by
// the person.
import type { Backend } from '../backend/backend.ts'
import type { Panel } from '../console/server.ts'
import type { Notice } from '../console/notices.ts'
import type { People, Person } from '../console/people.ts'
import { orderForm } from '../../console/action.ts'
import type { Frame } from '../../console/frame.ts'
import { html, type Html, nothing } from '../../console/html.ts'
import type { SampleCode } from '../../local/package.ts'

type Choice = { readonly service: string; readonly code: SampleCode; readonly label: string }

const choices = {
  good: { service: 'checkout', code: 'v2', label: 'that is good' },
  failing: { service: 'checkout', code: 'v3', label: 'that fails' },
  slow: { service: 'checkout', code: 'v4', label: 'that is slow' },
  worsening: { service: 'checkout', code: 'v5', label: 'that slowly gets worse' },
  payments: { service: 'payments', code: 'payments', label: 'of payments, which needs two people' },
} as const satisfies Readonly<Record<string, Choice>>
type Button = keyof typeof choices
const buttons = Object.keys(choices) as readonly Button[]

type Sample = {
  readonly people: People
  /** The two releases of the demonstration come first. */
  readonly isReady: () => boolean
  /** Publishes a build. @returns its version */
  readonly publish: (service: string, code: SampleCode) => Promise<string>
}

export const samplePanel = ({ people, isReady, publish }: Sample): Panel => ({
  show: async (person, frame) =>
    html`<aside class="above panel" id="sample" data-live aria-label="The sample">
      ${guide(frame)}
      ${isReady() ? await controls(people, person, frame) : html`<p class="soft">A good and a bad release come first. The buttons come when both have ended.</p>`}
    </aside>`,
  press: async (person, name, form) => {
    const button = buttons.find((one) => name === 'start' && one === form.get('version'))
    if (button === undefined || !isReady()) return undefined
    return start(person, choices[button], publish)
  },
})

async function start({ who, backend }: Person, { service, code }: Choice, publish: Sample['publish']): Promise<Notice> {
  const version = await publish(service, code)
  const { releases } = (await backend.order('start', service, { version })) as { releases: { releaseId: string }[] }
  const releaseId = releases[0]?.releaseId ?? ''
  return {
    kind: 'done',
    lines: [
      `Version ${version} of ${service} was published. ${who} has asked for its release ${releaseId}: this is its page.`,
    ],
    path: `/release/${releaseId}`,
  }
}

const guide = ({ path }: Frame): Html =>
  html`<details id="guide" ${{ html: path === '/' ? ' open' : '' }}>
    <summary>Tidegate in two minutes</summary>
    <ol>
      <li>
        Start a version that fails. Its page opens. A tenth of the customers get it; the evidence turns bad; the traffic
        goes back by itself.
      </li>
      <li>
        Start a version that is good, and wait until it has all the traffic. Then press Put back: nothing is live, so
        the version before is released again.
      </li>
      <li>
        Start a version of payments as ann. Before half of the traffic moves, somebody must approve. As ann you are
        refused; as ben you are not.
      </li>
      <li>Act as viewer, who may look only, and press anything: the API's door answers 403.</li>
    </ol>
    <p>
      A minute of AWS time passes in a second. Everything here runs on your machine, and is gone when you press Ctrl-C.
    </p>
  </details>`

async function controls(people: People, person: Person, frame: Frame): Promise<Html> {
  const { backend } = person
  const open = (await backend.openReleases.list()).items
  const holders = new Set((await backend.leases.list()).items.map(({ holder }) => holder))
  // One that has settled stays open for minutes where it had provisioned concurrency: it is neither live nor waiting.
  const waiting = new Set((await backend.queues.list()).map(({ entry }) => entry.releaseId))
  const stopped = await backend.line.stopped('checkout')
  return html`<div>
    <div class="row">
      <span id="act-as">Act as</span>
      <form class="order" method="post" action="/as" aria-labelledby="act-as">
        ${hidden(frame)}
        ${people.map(
          ({ name }) =>
            html`<button
              class="plain"
              name="person"
              value="${name}"
              aria-pressed="${name === person.name ? 'true' : 'false'}"
            >
              ${name}
            </button>`,
        )}
      </form>
    </div>
    <div class="row">
      <span id="release-a-version">Release a version</span>
      <form class="order" method="post" action="/sample/start" aria-labelledby="release-a-version">
        ${hidden(frame)}
        ${buttons.map((name) => html`<button class="plain" name="version" value="${name}">${choices[name].label}</button>`)}
      </form>
    </div>
    ${open.map(({ releaseId, service }) => (holders.has(releaseId) ? liveRow(frame, releaseId, service) : waiting.has(releaseId) ? waitingRow(releaseId, service) : nothing))}
    ${lineRow(frame, stopped)}
  </div>`
}

const hidden = ({ formToken, path }: Frame): Html =>
  html`<input type="hidden" name="formToken" value="${formToken}" /><input type="hidden" name="page" value="${path}" />`

function liveRow(frame: Frame, releaseId: string, service: string): Html {
  const says = { releaseId }
  const reasoned = { releaseId, reason: 'tried by hand' }
  const form = (
    name: string,
    label: string,
    route: Parameters<typeof orderForm>[2]['route'],
    fields: typeof says,
  ): Html => orderForm(frame, `sample-${name}-${releaseId}`, { route, service, label, says: fields })
  return html`<div class="row">
    <span><a href="/release/${releaseId}">Release of ${service}</a></span>
    ${orderForm(frame, `sample-back-${releaseId}`, { route: 'roll-back', service, label: `Put back ${service}`, says: reasoned, danger: true })}
    ${form('pause', `Pause ${service}`, 'pause', reasoned)} ${form('resume', `Resume ${service}`, 'resume', says)}
    ${form('approve', `Approve ${service}`, 'approve', says)}
  </div>`
}

/** The buttons of the one that goes first would be no different. */
const waitingRow = (releaseId: string, service: string): Html =>
  html`<div class="row">
    <span><a href="/release/${releaseId}">Release of ${service}</a></span>
    <span class="hold state">waits for its turn</span>
  </div>`

function lineRow(frame: Frame, stopped: Awaited<ReturnType<Backend['line']['stopped']>>): Html {
  const words =
    stopped === undefined ? nothing : html`<span class="hold state">Frozen by ${stopped.by}: ${stopped.reason}</span>`
  const form =
    stopped === undefined
      ? orderForm(frame, 'sample-freeze', {
          ...{ route: 'stop-every-line', service: undefined, label: 'Freeze: nothing starts or goes on' },
          says: { reason: 'tried by hand' },
        })
      : orderForm(frame, 'sample-thaw', { route: 'start-every-line', service: undefined, label: 'Thaw' })
  return html`<div class="row"><span>Every service</span> ${words} ${form}</div>`
}
