import type { DemoContent } from '../run/demo/demo-content.js'

/** Side of the field to draw in, in pixels. */
const SIDE = 280
/** Shares of the field. */
const STROKE = 0.11

/** Takes the values of one input, as the data have them. */
type OnValues = (values: Float32Array) => void

/**
 * Makes what an input is given by: a field to draw in for images of one channel, a place for a file for all images, and numbers for tables.
 *
 * @param place - gets it
 * @param content - says what an input is
 * @param onValues - told of the example at once, and of each change
 */
export function inputForm(place: Element, content: DemoContent, onValues: OnValues): void {
  if (content.shape.length === 3) imageForm(place, content, onValues)
  else numberForm(place, content, onValues)
}

function imageForm(place: Element, content: DemoContent, onValues: OnValues): void {
  const [height, width, channels] = content.shape as [number, number, number]
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: SIDE, height: Math.round((SIDE * height) / width) })
  canvas.setAttribute('aria-label', channels === 1 ? 'field to draw in' : 'the image')
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const small = document.createElement('canvas')
  Object.assign(small, { width, height })
  const reduced = small.getContext('2d', { willReadFrequently: true })!
  reduced.imageSmoothingQuality = 'high'
  const read = (): void => {
    reduced.drawImage(canvas, 0, 0, width, height)
    const { data } = reduced.getImageData(0, 0, width, height)
    const values = new Float32Array(width * height * channels)
    for (let pixel = 0; pixel < width * height; pixel++)
      for (let channel = 0; channel < channels; channel++)
        values[pixel * channels + channel] = (data[pixel * 4 + channel]! / 255) * content.largest
    onValues(values)
  }
  const clear = (): void => {
    context.fillStyle = 'black'
    context.fillRect(0, 0, canvas.width, canvas.height)
  }
  const show = (image: CanvasImageSource): void => {
    clear()
    context.drawImage(image, 0, 0, canvas.width, canvas.height)
    read()
  }
  const hint = document.createElement('p')
  hint.textContent = channels === 1 ? 'Draw here, or drop an image.' : 'Drop an image here.'
  place.append(hint, canvas)
  if (channels === 1) {
    drawable(canvas, context, read)
    const button = document.createElement('button')
    button.textContent = 'Clear'
    button.addEventListener('click', () => {
      clear()
      read()
    })
    place.append(button)
  }
  place.append(fileField(canvas, show))
  show(exampleImage(content, width, height, channels))
}

/** A field for a file of an image, which can be dropped on the canvas as well. */
function fileField(canvas: HTMLCanvasElement, show: (image: CanvasImageSource) => void): HTMLInputElement {
  const file = document.createElement('input')
  Object.assign(file, { type: 'file', accept: 'image/*' })
  file.setAttribute('aria-label', 'an image')
  const open = (found: File | undefined): void => {
    if (found !== undefined) void createImageBitmap(found).then(show)
  }
  file.addEventListener('change', () => open(file.files?.[0]))
  canvas.addEventListener('dragover', (event) => event.preventDefault())
  canvas.addEventListener('drop', (event) => {
    event.preventDefault()
    open(event.dataTransfer?.files[0])
  })
  return file
}

/** Lets somebody draw white lines. */
function drawable(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, onChange: () => void): void {
  let from: { x: number; y: number } | undefined
  const at = (event: PointerEvent): { x: number; y: number } => {
    const box = canvas.getBoundingClientRect()
    const scale = canvas.width / box.width
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale }
  }
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId)
    from = at(event)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (from === undefined) return
    const to = at(event)
    Object.assign(context, { strokeStyle: 'white', lineCap: 'round', lineWidth: SIDE * STROKE })
    context.beginPath()
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
    context.stroke()
    from = to
    onChange()
  })
  canvas.addEventListener('pointerup', () => (from = undefined))
}

function exampleImage(
  { example, largest }: DemoContent,
  width: number,
  height: number,
  channels: number,
): HTMLCanvasElement {
  const image = document.createElement('canvas')
  Object.assign(image, { width, height })
  const data = new ImageData(width, height)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let color = 0; color < 3; color++)
      data.data[pixel * 4 + color] =
        (example[pixel * channels + Math.min(color, channels - 1)]! / largest) * 255
    data.data[pixel * 4 + 3] = 255
  }
  image.getContext('2d')!.putImageData(data, 0, 0)
  return image
}

function numberForm(place: Element, { columns, example }: DemoContent, onValues: OnValues): void {
  const fields = example.map((value, index) => {
    const label = document.createElement('label')
    label.textContent = columns[index] ?? `number ${index + 1}`
    const field = document.createElement('input')
    Object.assign(field, { type: 'number', step: 'any', value: String(value) })
    label.append(field)
    place.append(label)
    field.addEventListener('input', () => read())
    return field
  })
  const read = (): void => onValues(Float32Array.from(fields, ({ valueAsNumber }) => valueAsNumber || 0))
  read()
}
