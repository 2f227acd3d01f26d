/** The watermark: each change is shown on a preview that the server renders. */
const PLACES = [["top-left", "Top left"], ["top-right", "Top right"], ["center", "Centre"], ["bottom-left", "Bottom left"], ["bottom-right", "Bottom right"]];
const MAX_MARK = 500000;

/** Return the watermark with its version, or null if the shop has none. */
studio.watermark = async () => {
  try {
    const { data, etag } = await studio.call("GET", "watermark");
    return { ...data, etag };
  } catch (error) {
    if (error.code === "WatermarkNotFound") return null;
    throw error;
  }
};

studio.watermarkTab = (panel) => kit.load(panel, studio.watermark, showWatermark);

function showWatermark(mark) {
  let etag = mark?.etag;
  let image = null; // a picture that was chosen and not saved yet, in base64
  let timer = null;
  let count = 0;
  const opacity = kit.field({ name: "opacity", label: "Opacity", type: "range", min: 0, max: 1, step: 0.05, value: mark?.opacity ?? 0.3 });
  const size = kit.field({ name: "size_percentage", label: "Size", type: "range", min: 1, max: 100, step: 1, value: mark?.size_percentage ?? 10 });
  const places = kit.h("fieldset", null, kit.h("legend", null, "Place"), PLACES.map(([key, title]) => kit.h("label", { class: "choice" },
    kit.h("input", { type: "radio", name: "position", value: key, checked: key === (mark?.position ?? "bottom-right") }), title)));
  const file = kit.field({ name: "file", label: "Picture", type: "file", accept: "image/png,image/jpeg,image/webp", hint: "PNG, JPEG or WebP, at most 500 KB." });
  const active = kit.field({ name: "is_active", label: "Put it on previews", type: "checkbox", value: mark ? mark.is_active : true });
  const picture = kit.h("img", { alt: "A landscape with the watermark as it is set", hidden: true });
  const note = kit.h("p", { class: "soft" }, "Choose a picture: here you see how it looks on a preview.");
  const wrong = kit.h("p", { class: "error", role: "alert" });

  const settings = (values) => ({ opacity: values.opacity, size_percentage: values.size_percentage, position: values.position, ...(image && { image }) });
  const say = () => {
    const values = kit.values(form);
    opacity.querySelector(".hint").textContent = Math.round(values.opacity * 100) + " %";
    size.querySelector(".hint").textContent = values.size_percentage + " % of the width";
  };

  /** Show the server's preview; answers to older requests are ignored. */
  async function look() {
    const mine = ++count;
    if (!mark && !image) return;
    try {
      const { data } = await studio.call("POST", "watermark/preview", { body: settings(kit.values(form)) });
      if (mine !== count) return;
      picture.src = "data:image/jpeg;base64," + data.preview;
      picture.hidden = false;
      note.hidden = true;
      wrong.textContent = "";
    } catch (error) {
      if (mine === count) wrong.textContent = Object.values(error.fields || {})[0] || error.message;
    }
  }

  const form = kit.form({
    label: "Watermark",
    fields: [file, opacity, size, places, active],
    reload: () => studio.go("watermark"),
    save: async (values) => {
      if (!mark && !image) throw new kit.Problem("", "", { errors: [{ path: "body.file", message: "Choose a picture for the watermark." }] });
      const answer = await studio.call("PUT", "watermark", { body: { ...settings(values), is_active: values.is_active }, etag });
      etag = answer.etag;
      mark = answer.data;
      image = null;
      file.querySelector("input").value = "";
      kit.toast("The watermark was saved.");
    },
  });
  form.addEventListener("input", (event) => {
    if (event.target.name === "file" || event.target.name === "is_active") return;
    say();
    clearTimeout(timer);
    timer = setTimeout(look, 150);
  });
  file.querySelector("input").addEventListener("change", async (event) => {
    const [chosen] = event.target.files;
    if (!chosen) return;
    if (chosen.size > MAX_MARK) {
      event.target.value = "";
      return kit.mark(event.target, "The picture may have 500 KB.");
    }
    image = await studio.base64(chosen);
    look();
  });
  queueMicrotask(() => { say(); look(); });
  return kit.h("div", { class: "stack" }, kit.h("h2", null, "Watermark of your previews"), kit.h("p", { class: "soft" }, "It keeps previews from being used without an order. Prints never have it."),
    kit.h("div", { class: "card split mirrored" }, kit.h("div", { class: "stack tight live" }, kit.h("div", { class: "sample" }, note, picture), wrong), form));
}
