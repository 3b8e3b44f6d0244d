/**
 * Runs every config of examples/ by the command that its comment names, on a small budget: `npm run test:examples`.
 *
 * One epoch is the budget, unless the config has a comment `# quickly: key=value …`. A comment `# before: kd keep-answers FILE` has the
 * answers of another config made first. A config whose data are not on this machine, or whose command asks its reader for
 * files (`dataset.path=…`), is passed over, loudly.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Where data sets lie that are not part of this repository. */
const placeOf = { 'fashion-mnist': '/usr/share/datasets/fashion-mnist' }

const ofRun = ['config.yaml', 'metrics.jsonl', 'student/model.json']
/** What each command leaves behind. */
const written = {
  distill: ofRun,
  train: ofRun,
  compare: ['comparison.json', 'comparison.md', 'runs'],
  'analyse bias-variance': ['bias-variance.json', 'bias-variance.md', 'examples.csv', 'runs'],
  'keep-answers': ['answers-1/manifest.json'],
}

function missingData(text, file) {
  const name = /^dataset:\n(?: +#.*\n)* +name: (\S+)/m.exec(text)?.[1]
  const places = [...text.matchAll(/^ +path: (\S+)$/gm)].map(([, path]) =>
    resolve(dirname(join(root, file)), path),
  )
  return [...places, ...(placeOf[name] && places.length === 0 ? [placeOf[name]] : [])].find(
    (path) => !existsSync(path),
  )
}

function run(file, out) {
  const text = readFileSync(join(root, file), 'utf8')
  const asked = new RegExp(`kd [a-z -]+ ${file}((?: \\S+(?:path|weights)=\\S+)+)`).exec(text)?.[1]
  if (asked) return { result: 'SKIPPED', why: `its reader has to give${asked}` }
  const command =
    /^# kd (distill|train|compare|keep-answers|analyse bias-variance) (\S+)/m.exec(text) ??
    /kd (distill|train|compare|keep-answers|analyse bias-variance) (examples\/\S+\.ya?ml)/.exec(text)
  if (command?.[2] !== file) return { result: 'FAIL', why: `it needs the line "# kd distill ${file}"` }
  const missing = missingData(text, file)
  if (missing) return { result: 'SKIPPED', why: `${missing} is not there` }
  const budget = /^# quickly: (.*)$/m.exec(text)?.[1].trim().split(/\s+/) ?? ['training.epochs=1']
  const before = /^# before: kd keep-answers (\S+)/m.exec(text)?.[1]
  if (before) {
    const answers = run(before, `${out}-answers`)
    if (answers.result !== 'ok') return answers
    budget.push(`teachers.0.answers=${join(`${out}-answers`, 'answers-1')}`)
  }
  const options = [
    join(root, 'packages/cli/bin/kd.js'),
    ...command[1].split(' '),
    file,
    ...budget,
    '--out',
    out,
    '--json',
  ]
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8' })
  if (status !== 0) return { result: 'FAIL', why: stderr.trim().split('\n').slice(-5).join('\n') }
  JSON.parse(stdout.trim().split('\n').at(-1))
  const unwritten = written[command[1]].filter((name) => !existsSync(join(out, name)))
  if (unwritten.length > 0) return { result: 'FAIL', why: `the run folder has no ${unwritten.join(', ')}` }
  return { result: 'ok', why: budget.join(' ') }
}

const folder = mkdtempSync(join(tmpdir(), 'kd-examples-'))
const results = []
try {
  const files = readdirSync(join(root, 'examples'), { recursive: true })
    .map((name) => join('examples', name))
    .filter((name) => /\.ya?ml$/.test(name) && !/(^|\/)(node_modules|runs)\//.test(name))
  for (const [index, file] of files.sort().entries()) {
    const start = performance.now()
    const { result, why } = run(file, join(folder, String(index)))
    results.push(result)
    console.log(`${result} ${file} (${((performance.now() - start) / 1000).toFixed(1)} s) ${why}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const count = (wanted) => results.filter((result) => result === wanted).length
console.log(`${count('ok')} passed, ${count('FAIL')} failed, ${count('SKIPPED')} skipped`)
process.exitCode = count('FAIL') > 0 || count('ok') === 0 ? 1 : 0
