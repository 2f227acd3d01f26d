/** A discount's terms: conversion between the form's text and the API's body. */
app.TYPES = [["percentage", "Percent off"], ["fixed_amount", "Amount off each unit"], ["fixed_price", "Price of a unit"]];
const STATUS = { active: ["Active", "good"], scheduled: ["Scheduled", ""], expired: ["Ended", ""], paused: ["Paused", "warn"] };
const PUBLICATION = { pending: ["Being sent to Shopify", ""], failed: ["Not in Shopify", "bad"], withdrawn: ["Removed from Shopify", ""] };

app.badges = (row) => [STATUS[row.status], PUBLICATION[row.publication]].filter(Boolean).map(([text, look]) => kit.badge(text, look));

/** Return a value in words: "15% off", "2.00 off", "12.00". */
app.value = (type, value) => ({ percentage: `${value}% off`, fixed_amount: `${value} off`, fixed_price: value })[type];

/** Return the lines of the field "Items": an item, and after " = " its own value: 15%, -2.00 or 12.00. */
app.itemLines = ({ skus, overrides }) => skus.map((item) => {
  const own = overrides?.[item];
  if (!own) return item;
  return `${item} = ${{ percentage: own.value + "%", fixed_amount: "-" + own.value, fixed_price: own.value }[own.value_type]}`;
}).join("\n");

/** Read the lines of the field "Items"; a line without " = " is an item as it is. */
app.readItems = (text) => {
  const skus = [], overrides = {};
  for (const line of text.split("\n").map((each) => each.trim()).filter(Boolean)) {
    const own = /^(.+?)\s+=\s+(-?)(\d+(?:[.,]\d+)?)(%?)$/.exec(line);
    const item = own ? own[1] : line;
    if (!skus.includes(item)) skus.push(item);
    if (own) overrides[item] = { value_type: own[4] ? "percentage" : own[2] ? "fixed_amount" : "fixed_price", value: own[3].replace(",", ".") };
  }
  return { skus, overrides: Object.keys(overrides).length ? overrides : null };
};

/** Return the local time of a shop's zone, as a field takes it. */
app.localTime = (text, zone) => (text ? new Date(text).toLocaleString("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).replace(" ", "T") : "");

/** Return the body of the API for the values of the form. Times without an offset are in the shop's zone. */
app.terms = (values) => ({
  title: values.title.trim(),
  discount_code: values.discount_code.trim() || null,
  value_type: values.value_type,
  value: values.value.trim().replace(",", ".").replace("%", "") || "0",
  ...app.readItems(values.items),
  minimum_quantity: values.minimum_quantity || 1,
  usage_limit: values.usage_limit || null,
  once_per_customer: values.once_per_customer,
  combines_with: { product: values.with_product, order: values.with_order, shipping: values.with_shipping, tags: values.tags.split(",").map((tag) => tag.trim()).filter(Boolean) },
  starts_at: values.starts_at || null,
  ends_at: values.ends_at || null,
  is_active: values.is_active,
});
