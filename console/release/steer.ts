// What a person can do with a release: put it back first, then the rest, then its gates.
import type { ReleaseView } from '../../core/view/release/release-view.ts'
import type { ApprovalView } from '../../core/view/release/steering.ts'
import type { Frame } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { chip, formOf } from './words.ts'

export function steerPart(view: ReleaseView, frame: Frame): Html {
  return html`<section id="steer" class="steer" data-live>
    ${backPart(view, frame)} ${ordersPart(view, frame)} ${gatesPart(view, frame)}
  </section>`
}

/** Where nobody is known who could press, the command is shown. */
const isPressed = ({ who }: Frame): boolean => who !== undefined

type Returnable = { readonly back: ReleaseView['back']; readonly service?: string }

export function backPart({ back, service = 'SERVICE' }: Returnable, frame: Frame): Html {
  const { sentence, order, commands } = back
  const press =
    order === undefined
      ? nothing
      : isPressed(frame)
        ? formOf(frame, 'back', order)
        : html`<p><b>${order.label}</b></p>
            <pre>tidegate rollback ${service} --release ${order.says['releaseId'] ?? 'RELEASE'} --reason "…"</pre>`
  return html`<h2 id="put-back">Put back</h2>
    ${press}
    <p class="soft">${sentence}</p>
    ${
      commands.length === 0
        ? nothing
        : html`<details class="commands" id="by-hand">
            <summary>By hand, if all else is down</summary>
            <p class="soft">
              With rights to change the alias. Tidegate then sees that somebody else moved it, and leaves it alone.
            </p>
            ${commands.map((command) => html`<pre>${command}</pre>`)}
          </details>`
    }`
}

function ordersPart({ orders }: ReleaseView, frame: Frame): Html {
  if (orders.length === 0 || !isPressed(frame)) return nothing
  const [first, ...rest] = orders.map((order) => formOf(frame, order.route, order))
  return html`<h2>Steer</h2>
    ${first ?? nothing}
    ${
      rest.length === 0
        ? nothing
        : html`<details id="more-orders">
            <summary>Promote or abort</summary>
            ${rest}
          </details>`
    }`
}

// What a person is told of the gates that an override opens, and of those that it does not (policy/release.cedar).
const overrideWords =
  'An override opens calendar, budget and group for this release, and is recorded with your name. It replaces no approval, no proof of origin, and no stopped line.'

function gatesPart({ gates, isLive }: ReleaseView, frame: Frame): Html {
  const { held, open, approvals, override, overridden } = gates
  if (held === undefined && open === undefined && approvals.length === 0 && overridden === undefined) return nothing
  return html`<h2>Gates</h2>
    ${
      held === undefined
        ? nothing
        : html`<p>${chip('closed', 'hold')} ${held.because}</p>
            <p class="soft">
              ${held.sentence} ${held.gates.length === 0 ? '' : `Closed by: ${held.gates.join(', ')}.`}
            </p>`
    }
    ${open === undefined ? nothing : html`<p>${chip('open', 'good')} ${open}</p>`}
    ${approvals.map((approval, index) => approvalPart(approval, index, isLive, frame))}
    ${overridden === undefined ? nothing : html`<p>${overridden}</p>`}
    ${
      override === undefined || !isPressed(frame)
        ? nothing
        : html`<details id="override-gates" class="answer">
            <summary>Override</summary>
            <p class="soft">${overrideWords}</p>
            ${formOf(frame, 'override', override)}
          </details>`
    }`
}

function approvalPart(approval: ApprovalView, index: number, isLive: boolean, frame: Frame): Html {
  const { before, needs, who, given, state, orders } = approval
  const tone = { given: 'good', missing: isLive ? 'hold' : 'plain', declined: 'bad' } as const
  return html`<div class="answer">
    <p>${chip(state, tone[state])} Approval ${before}: ${needs}, by ${who}.</p>
    ${given.length === 0 ? nothing : html`<p class="soft">${given.join(', ')}</p>`}
    ${isPressed(frame) ? orders.map((order) => formOf(frame, `${order.route}-${index}`, order)) : nothing}
  </div>`
}
