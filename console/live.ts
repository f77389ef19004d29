// The one script of the pages. It hears that something has happened (an event stream), fetches the page again, and puts its
// sections in the place of the old ones. Where it does not run, a page is what it was when it was loaded.
//
// A section that a person works in stays: one that has the focus, or a field that was changed.
export const liveScript = `
const busy = (section) => section.contains(document.activeElement) && document.activeElement !== document.body ||
  [...section.querySelectorAll('input:not([type=range]), textarea')].some((field) => field.value !== field.defaultValue)
const openOnes = (section) => [...section.querySelectorAll('details[open]')].map(({ id }) => id)
const refresh = async (url, force) => {
  const answer = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => undefined)
  document.documentElement.toggleAttribute('data-stale', !answer?.ok)
  if (!answer?.ok) return
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const fresh of next.querySelectorAll('[data-live]')) {
    const shown = document.getElementById(fresh.id)
    if (!shown || (!force && busy(shown)) || shown.innerHTML === fresh.innerHTML) continue
    for (const id of openOnes(shown)) fresh.querySelector('#' + CSS.escape(id))?.setAttribute('open', '')
    shown.innerHTML = fresh.innerHTML
  }
}
let due
const soon = () => { due ??= setTimeout(() => { due = undefined; refresh(location.href) }, 150) }
if (document.querySelector('main [data-live]') && location.protocol.startsWith('http')) {
  const stream = new EventSource('/live')
  stream.onmessage = soon
  stream.onerror = () => document.documentElement.toggleAttribute('data-stale', true)
  stream.onopen = soon
}
document.addEventListener('input', ({ target }) => {
  if (target.type !== 'range' || !target.form) return
  const url = '?' + new URLSearchParams(new FormData(target.form))
  history.replaceState(null, '', url)
  refresh(url, true)
})
`
