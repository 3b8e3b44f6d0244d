import { html, Html } from './html.js'
import { style } from './style.js'

/** A part of a report with its own heading. */
export interface Section {
  /** The target of links to this section. */
  readonly id: string
  readonly title: string
  readonly content: Html
}

/** The content of a page. */
export interface PageContent {
  readonly title: string
  readonly subtitle: string
  readonly sections: readonly Section[]
  /** The address of a script on the page's own server. */
  readonly script: string | undefined
}

/** Puts sections into a page that loads nothing from elsewhere, and from its own server only what its script asks for. */
export function page({ title, subtitle, sections, script }: PageContent): string {
  const scriptPolicy = script === undefined ? '' : "; script-src 'self'; connect-src 'self'"
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:${scriptPolicy}`
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${script === undefined ? '' : html`<script src="${script}" defer></script>`}
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the results</a>
        <header>
          <h1>${title}</h1>
          <p>${subtitle}</p>
          <nav aria-label="Sections">
            ${sections.map(({ id, title: name }) => html`<a href="#${id}">${name}</a> `)}
          </nav>
        </header>
        <main id="content" tabindex="-1">
          ${sections.map(
            ({ id, title: name, content }) =>
              html`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${name}</h2>
                ${content}
              </section>`,
          )}
        </main>
      </body>
    </html> `
  return text
}
