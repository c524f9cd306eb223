// A partner's system built on epcis2.js: captures a document, waits for the job, tells what came of it.
//   node epcis_client.cjs API_URL API_KEY GTIN_LOT_URI PLACE_URI
const { setup, capture, CaptureResponse, EPCISDocument, ObjectEvent, QuantityElement, ReadPoint, BizLocation, SourceElement } =
  require("epcis2.js/dist/epcis2.node.js");

async function main([apiUrl, key, lot, place]) {
  setup({ apiUrl, headers: { "content-type": "application/json", Authorization: `Bearer ${key}`, "GS1-EPCIS-Version": "2.0.0" } });
  const event = new ObjectEvent()
    .setEventTime("2026-01-05T10:00:00.000+08:00").setEventTimeZoneOffset("+08:00")
    .setAction("OBSERVE").setBizStep("receiving").setDisposition("in_progress")
    .addQuantity(new QuantityElement().setEpcClass(lot).setQuantity(25))
    .setReadPoint(new ReadPoint().setId(place)).setBizLocation(new BizLocation().setId(place))
    .addSource(new SourceElement().setType("owning_party").setSource("urn:epc:id:pgln:4012345.00000"))
    .addExtension("lotproof:lot1", { epcClass: lot, "cbvmda:itemExpirationDate": "2099-12-31" });
  event.setEventID("urn:uuid:0d6a1c52-3c1b-4b55-9f0e-0000000e0001");
  const document = new EPCISDocument().setCreationDate("2026-01-05T12:00:00Z").addEvent(event)
    .setContext([ "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
      { lotproof: "urn:lotproof:epcis:", cbvmda: "urn:epcglobal:cbv:mda:" } ]);
  const answer = await capture(document);
  const job = new CaptureResponse(answer);
  await job.pollForTheCaptureToFinish(40, 100);
  console.log(JSON.stringify({ status: answer.status, running: job.getRunningStatus(), success: job.getSuccessStatus(),
    errors: job.getErrors(), location: job.getLocation() }));
}

main(process.argv.slice(2)).catch((error) => { console.error(error); process.exit(1); });
