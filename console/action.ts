// A form that gives an order. The server that serves the page sends it to the controller's API with the credentials of the person
// who pressed the button; a page decides nothing about rights, and hides no button for lack of one.
import type { Frame } from './frame.ts'
import { html, type Html, inPath, nothing } from './html.ts'

type OrderForm = {
  /** A route of the API (functions/routes.ts), such as `roll-back`. */
  readonly route: string
  /** `undefined` for a route of every service. */
  readonly service: string | undefined
  /** What the button says, such as `Put back: checkout 12 → 11`. */
  readonly label: string
  /** Fields that the order says, such as the release. */
  readonly says?: Readonly<Record<string, string>>
  /** A field that has to be filled in. */
  readonly asks?: { readonly name: string; readonly label: string; readonly pattern: string }
  /** Asks for a reason; the text stands in the field already, and at night it does. */
  readonly reason?: string
  /** It takes traffic away from customers' working version, or stops work of others. */
  readonly danger?: true
}

/** @param id unique on the page */
export const orderForm = (
  { formToken, path }: Pick<Frame, 'formToken' | 'path'>,
  id: string,
  { route, service, label, says = {}, asks, reason, danger }: OrderForm,
): Html =>
  html`<form class="order" method="post" action="/order/${route}${service === undefined ? '' : `/${inPath(service)}`}">
    <input type="hidden" name="formToken" value="${formToken}" />
    <input type="hidden" name="page" value="${path}" />
    ${Object.entries(says).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    ${
      asks === undefined
        ? nothing
        : html`<label for="${id}-${asks.name}">${asks.label}</label>
            <input id="${id}-${asks.name}" name="${asks.name}" required pattern="${asks.pattern}" autocomplete="off" />`
    }
    ${
      reason === undefined
        ? nothing
        : html`<label for="${id}-reason">Reason</label>
            <input id="${id}-reason" name="reason" required maxlength="1000" value="${reason}" autocomplete="off" />`
    }
    <button class="${danger === true ? 'danger' : 'plain'}">${label}</button>
  </form>`
