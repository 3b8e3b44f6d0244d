/**
 * Makes the package @kd/native-PLATFORM-ARCH in dist-addon/prebuilt: the built addon with the libraries that it needs beside
 * it, found by `$ORIGIN`, and their licences. `npm pack` or `npm publish` it there. Linux with Debian's library packages.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
const platform = `${process.platform}-${process.arch}`
const source = join(root, 'prebuilt', platform)
const addon = join(root, 'dist-addon', 'kd-native.node')
const target = join(root, 'dist-addon', 'prebuilt')
/** What every Linux that runs Node has, because Node itself needs it. */
const everywhere = /^(linux-vdso|libstdc\+\+|libm|libgcc_s|libc|libpthread|libdl|librt|\/lib.*\/ld-linux)/

const fail = (reason) => {
  console.error(`pack-prebuilt: ${reason}`)
  process.exit(1)
}
if (!existsSync(source))
  fail(`there is no prebuilt package for ${platform}: it would be described in ${source}`)
if (!existsSync(addon)) fail('needs a built addon: npm run build:addon -w @kd/native')

const output = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' }).stdout
const libraries = [...output('ldd', addon).matchAll(/^\s*(\S+)(?: => (.+?))?(?: \(0x\w+\))?$/gm)]
  .map(([, name, path]) => ({ name, path }))
  .filter(({ name }) => !everywhere.test(name))
const missing = libraries.find(({ path }) => path === undefined || !existsSync(path))
if (missing) fail(`ldd finds no ${missing.name}`)
if (!libraries.some(({ name }) => name.startsWith('libdnnl'))) fail(`${addon} is not linked to oneDNN`)

rmSync(target, { recursive: true, force: true })
mkdirSync(join(target, 'licenses'), { recursive: true })
copyFileSync(addon, join(target, 'kd-native.node'))
copyFileSync(join(root, '..', '..', 'LICENSE'), join(target, 'LICENSE'))
copyFileSync(join(source, 'README.md'), join(target, 'README.md'))
const sources = libraries.map(({ name, path }) => {
  copyFileSync(realpathSync(path), join(target, name))
  chmodSync(join(target, name), 0o755)
  return `${name}: ${copyLicences(name, path)}\n`
})
writeFileSync(
  join(target, 'licenses', 'SOURCES.txt'),
  `These libraries are Debian's, unchanged; their sources are at https://snapshot.debian.org.\n\n${sources.join('')}`,
)

const described = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
delete described.private
const manifest = {
  ...described,
  os: [process.platform],
  cpu: [process.arch],
  libc: ['glibc'],
  files: ['kd-native.node', ...libraries.map(({ name }) => name), 'licenses'],
  publishConfig: { access: 'public' },
}
writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
console.log(`pack-prebuilt: ${target} with ${libraries.map(({ name }) => name).join(', ')}`)

/** What Debian says of a library's copyright, and the full licences that it refers to. Gives the source package. */
function copyLicences(name, path) {
  // dpkg knows libraries by their place before /lib became a link to /usr/lib, or after.
  const owner = [path, realpathSync(path), `/usr${path}`]
    .map((file) => output('dpkg', '-S', file).split(':')[0])
    .find((found) => found !== '')
  const copyright = `/usr/share/doc/${owner}/copyright`
  if (owner === undefined || !existsSync(copyright)) fail(`no licence found for ${path}`)
  copyFileSync(copyright, join(target, 'licenses', `${basename(name)}.txt`))
  const text = readFileSync(copyright, 'utf8')
  for (const [licence, short] of text.matchAll(/\/usr\/share\/common-licenses\/([\w.-]*\w)/g)) {
    copyFileSync(licence, join(target, 'licenses', `${short}.txt`))
  }
  return output('dpkg-query', '-W', '-f', '${source:Package} ${source:Version}', owner)
}
