/** A link with a token signs this tab in before it opens. `/docs` and the operator's console read the token here. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-token]");
  if (link) sessionStorage.setItem("token", link.dataset.token);
});
