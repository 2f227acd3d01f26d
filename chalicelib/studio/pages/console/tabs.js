/** The console: its tabs. */
document.getElementById("main").append(kit.tabs("Studio", [
  ["start", "Start", studio.start],
  ["products", "Products", studio.products],
  ["styles", "Styles", studio.styles],
  ["watermark", "Watermark", studio.watermarkTab],
  ["limits", "Limits", studio.limits],
  ["images", "Orders and images", studio.images],
  ["usage", "Usage", studio.usage],
]));
kit.watchConnection(document.getElementById("connection"));
