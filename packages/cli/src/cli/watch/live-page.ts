import { reportHtml } from '@kd/report'
import type { Watched } from './watched-run.js'

/** Addresses on the live server, behind its token; there are no others. */
export const liveAddresses = { page: '', script: 'live.js', events: 'events' } as const

const waiting = `<!doctype html>
<html lang="en" data-waiting>
<head><meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" /><link rel="icon" href="data:," />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src data:" />
<title>kd watch</title><script src="${liveAddresses.script}" defer></script></head>
<body><header></header><main id="content"><p>Waiting for a run.</p></main></body>
</html>`

/**
 * The report of what is watched, as a page that keeps itself up to date.
 *
 * @param watched - at this moment
 * @returns HTML
 */
export async function livePage({ title, runs, comparison }: Watched): Promise<string> {
  const written = runs.flatMap((run) => run.written ?? [])
  if (written.length === 0) return waiting
  const date = `at ${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const { script } = liveAddresses
  return reportHtml({ title, runs: written, date, script, ...(comparison && { comparison }) })
}

/**
 * Runs in the page: takes over what has changed since, section by section, and leaves alone what the reader has opened, scrolled to
 * or focused. Plain text, since it belongs to the browser.
 */
export const liveScript = `
const events = new EventSource('${liveAddresses.events}')
const note = document.createElement('span')
const now = document.createElement('p')
const follow = document.createElement('input')
const label = document.createElement('label')
const controls = document.createElement('p')
follow.type = 'checkbox'
follow.checked = true
follow.id = 'follow'
label.append(follow, ' keep this page up to date')
controls.append(label, ' ', note)
document.querySelector('header').append(controls, now)

const inside = 'a, summary, [tabindex]'
const sectionsOf = (page) => [...page.querySelectorAll('main > section')]
/** The parts as the server sent them: what the reader does to them is no change. */
let sent = new Map(sectionsOf(document).map((section) => [section.id, section.innerHTML]))
let behind = false
/** The last page there is, once kd watch has ended. */
let final
let catchingUp

function replaceContent(section, html) {
  const opened = [...section.querySelectorAll('details')].map((details) => details.open)
  const scrolled = [...section.querySelectorAll('.scroll, pre')].map((box) => box.scrollLeft)
  const focused = [...section.querySelectorAll(inside)].indexOf(document.activeElement)
  section.innerHTML = html
  section.querySelectorAll('details').forEach((details, index) => { if (index in opened) details.open = opened[index] })
  section.querySelectorAll('.scroll, pre').forEach((box, index) => { box.scrollLeft = scrolled[index] ?? 0 })
  if (focused >= 0) section.querySelectorAll(inside)[focused]?.focus({ preventScroll: true })
}

function take(next) {
  const main = document.querySelector('main')
  const reading = sectionsOf(main).find((section) => section.getBoundingClientRect().bottom > 0)
  const before = reading?.getBoundingClientRect().top
  const wanted = sectionsOf(next)
  const ids = new Set(wanted.map(({ id }) => id))
  for (const section of sectionsOf(main)) if (!ids.has(section.id)) section.remove()
  let last = null
  for (const section of wanted) {
    let there = document.getElementById(section.id)
    if (there === null) {
      there = document.importNode(section, true)
      if (last === null) main.prepend(there)
      else last.after(there)
    } else if (sent.get(section.id) !== section.innerHTML) replaceContent(there, section.innerHTML)
    last = there
  }
  sent = new Map(wanted.map((section) => [section.id, section.innerHTML]))
  for (const part of ['header > p', 'nav']) {
    const [there, now] = [document, next].map((page) => page.querySelector(part))
    if (there.innerHTML !== now.innerHTML) there.innerHTML = now.innerHTML
  }
  if (reading?.isConnected) scrollBy({ top: reading.getBoundingClientRect().top - before, behavior: 'instant' })
}

async function fetchPage() {
  const answer = await fetch('./${liveAddresses.page}')
  if (!answer.ok) throw new Error(answer.statusText)
  return answer.text()
}

async function catchUp() {
  try {
    while (behind && follow.checked) {
      behind = false
      const next = new DOMParser().parseFromString(final ?? (await fetchPage()), 'text/html')
      const isWaiting = 'waiting' in document.documentElement.dataset
      if (!isWaiting) take(next)
      else if (!('waiting' in next.documentElement.dataset)) location.reload()
    }
  } catch {
    note.textContent = '(kd watch does not answer)'
  }
}

function refresh() {
  behind = true
  catchingUp ??= catchUp().finally(() => { catchingUp = undefined })
  return catchingUp
}

events.onmessage = () => refresh()
events.addEventListener('step', ({ data }) => { now.textContent = JSON.parse(data).join(' | ') })
events.onerror = () => { note.textContent = '(kd watch does not answer)' }
events.onopen = () => { note.textContent = '' }
events.addEventListener('end', async () => {
  now.textContent = ''
  try {
    final = await fetchPage()
    await refresh()
  } catch {
    // Ended at once by Ctrl-C: what is here is the last there is.
  }
  // Not before: the server waits for its pages.
  events.close()
  note.textContent = '(kd watch has ended)'
})
follow.addEventListener('change', () => { if (behind) refresh() })
`
