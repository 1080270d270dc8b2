// Calls of the REST API by a page, with the cookie of who looks at it.
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || `the service answered with ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

// Resolves to { body, etag }; throws a Refusal with what the service says in words.
export async function call(method, path, body = undefined, headers = {}) {
  const sent = { method, headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest", ...headers } };
  if (body !== undefined) {
    sent.headers["Content-Type"] = "application/json";
    sent.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, sent);
  } catch {
    throw new Refusal(0, { detail: "the service does not answer: it is tried again when you ask once more" });
  }
  const text = await answer.text();
  let said = {};
  try {
    said = text ? JSON.parse(text) : {};
  } catch {
    said = { detail: text.slice(0, 300) };
  }
  if (answer.status === 401) location.assign(`/login?onward=${encodeURIComponent(location.pathname + location.search)}`);
  if (!answer.ok) throw new Refusal(answer.status, said);
  return { body: said, etag: answer.headers.get("ETag") };
}
