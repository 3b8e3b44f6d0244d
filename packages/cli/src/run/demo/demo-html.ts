/** The page of `kd demo`. What it shows comes from `content.js`, and what it does from `demo-page.js`. */
export const demoHtml = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" /><link rel="icon" href="data:," />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'self' 'wasm-unsafe-eval'; connect-src data:; img-src data: blob:" />
<title>Student and teacher</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif }
  body { margin: 0 auto; padding: 1rem; max-width: 62rem }
  h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere }
  main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); align-items: start }
  #models { display: contents }
  #input p { margin: 0 } #input { display: flex; flex-direction: column; gap: .6rem; max-width: 280px }
  canvas { width: 280px; max-width: 100%; border-radius: 6px; touch-action: none; background: #000 }
  button, input { font: inherit; max-width: 100% } label { display: flex; justify-content: space-between; gap: .5rem } label input { width: 8rem }
  .cost { margin: .2rem 0 .8rem; opacity: .75 }
  .row { display: grid; grid-template-columns: minmax(1.5rem, 5.5rem) 1fr 4.8rem; gap: .5rem; align-items: center; margin: .15rem 0 }
  .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .value { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
  .bar { height: .9rem; border-radius: 3px; background: #8883 } .bar i { display: block; height: 100%; border-radius: 3px; background: #4878a8 }
  .best { font-weight: 600 } .best .bar i { background: #d1772d }
</style>
</head>
<body><h1>Student and teacher</h1>
<p>All is computed on this device, without a network.</p>
<main><div id="input"></div><div id="models"></div></main>
<script src="content.js"></script><script src="demo-page.js"></script></body>
</html>
`
