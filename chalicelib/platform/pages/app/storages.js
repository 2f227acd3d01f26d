/** The bucket that holds a store's media: its kind, its place and the keys to it. */
{
  const PLAIN = { required: true, spellcheck: "false", autocapitalize: "none", autocomplete: "off" };
  const KINDS = {
    "aws-s3": ["Amazon S3", "A bucket in your AWS account.", { name: "region", label: "Region", placeholder: "eu-central-1", maxlength: 30 }],
    "google-cloud-storage": ["Google Cloud Storage", "A bucket with an HMAC key.", null],
    "supabase-storage": ["Supabase Storage", "A bucket of your project, with S3 access keys.", { name: "project", label: "Project", hint: "The 20 letters in its address.", pattern: "[a-z]{20}", maxlength: 20 }],
  };
  st.storageName = (row) => KINDS[row.storage_type]?.[0];

  st.storage = (place, store) => kit.load(place, () => st.read(st.path(store)), (row) => {
    const form = kit.h("div", { "aria-live": "polite" });
    const choose = (type) => form.replaceChildren(formOf(place, row, type));
    return kit.h("div", { class: "stack" }, st.back(`store/${store}`, row.name),
      kit.h("p", null, "Your servers upload pictures and files with the store's data API straight to this bucket. We keep the keys encrypted."),
      row.storage_type && kit.banner(`The store uses ${st.storageName(row)}. New values replace it.`, row.storage_status === "active" ? "good" : "warn"),
      st.kindCards("Which kind of bucket?", Object.entries(KINDS).map(([type, [title, about]]) => [type, title, about]), choose), form);
  });

  function formOf(place, row, type) {
    const result = kit.h("div", { role: "status" });
    const own = KINDS[type][2];
    const fields = [kit.field({ name: "bucket", label: "Bucket", ...PLAIN, maxlength: 63 }), own && kit.field({ ...PLAIN, ...own }),
      kit.field({ name: "access_key", label: "Access key", ...PLAIN, maxlength: 128 }),
      kit.field({ name: "secret_key", label: "Secret key", type: "password", required: true, autocomplete: "off", maxlength: 128, spellcheck: "false" })].filter(Boolean);
    const body = () => ({ storage: { type, ...kit.values(form) } });
    const test = kit.button("Test the bucket", kit.act(async () => {
      result.replaceChildren();
      if (!form.reportValidity()) return;
      try {
        await st.call("POST", st.path(row.id, "storage/test"), { body: body() });
        result.replaceChildren(kit.banner("The bucket works: a file was written, read and deleted.", "good"));
      } catch (error) {
        if (!(error instanceof kit.Problem)) throw error;
        result.replaceChildren(kit.banner(Object.values(error.fields)[0] ?? error.message, "bad"));
      }
    }));
    const form = kit.form({ label: KINDS[type][0], submit: "Use this bucket", fields, save: async () => {
      await st.call("PUT", st.path(row.id, "storage"), { body: body() }).catch(st.named("storage"));
      kit.toast("The store uses the bucket.");
      st.storage(place, row.id);
    } });
    form.querySelector(".row").append(test);
    form.append(result);
    return kit.h("div", { class: "card" }, form);
  }
}
