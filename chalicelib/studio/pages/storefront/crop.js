/** The crop frame over the photo. It has the size's shape; pointer, touch, keyboard and slider move and zoom it. */
const MAX_ZOOM = 4;
const STEP = 0.02; // of the photo
const ZOOM_STEP = 0.1;
const softText = (dpi) => `This print has about ${dpi} dpi and may look soft. ${crop.zoom > 1 ? "Zoom out, or choose" : "Choose"} a smaller size or a larger photo.`;
const within = (value, least, most) => Math.min(Math.max(value, least), Math.max(least, most));

const crop = { x: 0.5, y: 0.5, zoom: 1 }; // the frame's centre in fractions of the photo; zoom 2: half as wide as the largest frame
const chosenSize = () => page.sizes.find((size) => size.id === document.querySelector("input[name=size]:checked")?.value) || null;

const frame = {
  photo: null, // { width, height } of the upright photo

  /** Return width and height of the largest frame, in fractions of the photo: one of them is 1. */
  largest() {
    const ratio = (this.size.width / this.size.height) / (this.photo.width / this.photo.height);
    return ratio < 1 ? [ratio, 1] : [1, 1 / ratio];
  },

  /** Return the crop as fractions of the photo, or null without photo or size. */
  fractions() {
    if (!this.photo || !this.size) return null;
    const [width, height] = this.largest().map((share) => Math.floor((share / crop.zoom) * 1e6) / 1e6);
    const at = (centre, length) => Math.min(Math.round(within(centre - length / 2, 0, 1 - length) * 1e6) / 1e6, 1 - length);
    return { left: at(crop.x, width), top: at(crop.y, height), width, height };
  },

  /** Return the print's resolution with this crop in dpi, as the server computes it; null without photo or size. */
  dpi() {
    const part = this.fractions();
    const px = (name) => Math.round(part[name] * this.photo[name]) / this.size[name];
    return part && Math.floor(page.print_dpi * Math.min(px("width"), px("height")) + 1e-6);
  },

  /** Return the zoom at which the print has the lowest accepted resolution, from 1 to MAX_ZOOM. */
  maxZoom() {
    const [width] = this.largest();
    return within((page.print_dpi * width * this.photo.width) / this.size.width / (page.least_dpi + 1), 1, MAX_ZOOM);
  },

  move(x, y, zoom = crop.zoom) {
    crop.zoom = within(zoom, 1, this.maxZoom());
    const [width, height] = this.largest().map((share) => share / crop.zoom / 2);
    crop.x = within(x, width, 1 - width);
    crop.y = within(y, height, 1 - height);
    this.draw();
    keepChoices();
  },

  /** Show the frame, the zoom and the warning; without a size, show only the photo. */
  draw() {
    this.size = chosenSize();
    const part = this.fractions();
    for (const id of ["frame", "frame-hint", "zooming"]) $(id).hidden = !part;
    $("soft").hidden = true;
    showError("crop", "");
    if (!part) return;
    for (const [name, value] of Object.entries(part)) $("frame").style[name] = value * 100 + "%";
    const [wide, high] = [part.width < 0.999, part.height < 0.999];
    $("frame").style.touchAction = wide && high ? "none" : wide ? "pan-y" : high ? "pan-x" : "auto";
    const most = this.maxZoom();
    $("zoom").max = most;
    $("zoom").value = crop.zoom;
    $("zooming").hidden = most < 1 + ZOOM_STEP;
    const percent = (share) => Math.round(share * 100) + " %";
    $("frame-place").textContent = `${percent(part.left)} from the left, ${percent(part.top)} from the top, ${percent(part.width)} of the width, ${percent(part.height)} of the height.`;
    const dpi = this.dpi();
    if (dpi < page.least_dpi) showError("crop", WORDS.ResolutionTooLow);
    else if (dpi < page.sharp_dpi) {
      $("soft").textContent = softText(dpi);
      $("soft").hidden = false;
    }
  },
};

/** The pointers on the frame: one finger or the mouse moves it, two fingers zoom. */
const pointers = new Map();
const spread = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
$("frame").addEventListener("pointerdown", (event) => {
  if (event.button) return;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  $("frame").setPointerCapture(event.pointerId);
});
$("frame").addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const apart = pointers.size === 2 && spread();
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const stage = $("stage").getBoundingClientRect();
  if (apart) return frame.move(crop.x, crop.y, (crop.zoom * apart) / (spread() || 1));
  if (pointers.size === 1) frame.move(crop.x + (event.clientX - before.x) / stage.width, crop.y + (event.clientY - before.y) / stage.height);
});
for (const end of ["pointerup", "pointercancel"]) $("frame").addEventListener(end, (event) => pointers.delete(event.pointerId));

$("frame").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = event.shiftKey ? STEP * 5 : STEP;
  const [x, y, zoom] = { ArrowLeft: [-step, 0, 0], ArrowRight: [step, 0, 0], ArrowUp: [0, -step, 0], ArrowDown: [0, step, 0],
    "+": [0, 0, ZOOM_STEP], "=": [0, 0, ZOOM_STEP], "-": [0, 0, -ZOOM_STEP], _: [0, 0, -ZOOM_STEP] }[event.key] || [];
  if (x === undefined) return;
  event.preventDefault();
  frame.move(crop.x + x, crop.y + y, crop.zoom + zoom);
});
$("zoom").addEventListener("input", () => frame.move(crop.x, crop.y, Number($("zoom").value)));
for (const [id, way] of [["out", -1], ["in", 1]]) $(id).addEventListener("click", () => frame.move(crop.x, crop.y, crop.zoom + way * ZOOM_STEP * 2));
