/* What an answer that is none says went wrong, in a sentence; a proxy in between says it in a page of its own. */
window.citewellFailure = async (answer) => {
  const { detail } = await answer.json().catch(() => ({}));
  return typeof detail === "string" ? detail : `The server answered ${answer.status}. Try again in a moment.`;
};
