// Records that travel in the document itself: nobody is asked, and nothing can be changed.

export function frozenSource(report) {
  const stories = report.stories?.length ? report.stories : [report];
  // A report of many stories opens at the first that was not met: nobody should have to look for it.
  const first = Math.max(0, stories.findIndex((one) => (one.expectations ?? []).some((claim) => claim.met === false)));
  let story = stories[first];
  const byId = (list, id) => (list ?? []).find((record) => record.id === id) ?? null;

  function snapshot() {
    const settings = { ...story.settings, origins: story.origins ?? story.settings?.origins };
    return {
      overview: {
        boot: "report",
        server: { ...report.tool, seed: story.seed },
        settings,
        definitions: story.definitions?.length ?? 0,
        providers: report.providers,
      },
      clock: { kind: "frozen", ...story.clock },
      requests: numbered(story.requests),
      callouts: numbered(story.callouts),
      requestCount: story.requests?.length ?? 0,
      calloutCount: story.callouts?.length ?? 0,
    };
  }

  return {
    live: false,
    report,
    stories,
    get story() { return story; },
    choose(number) { story = stories[Number(number ?? first)] ?? stories[first]; },
    connect(hear) {
      hear.status("frozen");
      hear.snapshot(snapshot());
    },
    callout: async (id) => byId(story.callouts, id),
    request: async (id) => byId(story.requests, id),
    definitions: async () => story.definitions ?? [],
    settings: async () => ({ ...story.settings, origins: story.origins ?? story.settings?.origins }),
  };
}

function numbered(list) {
  return (list ?? []).map((record, place) => ({ seq: place, ...record }));
}
