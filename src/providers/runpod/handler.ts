/** A starting point for a deployment's container: https://docs.runpod.io/serverless/workers/handler-functions */
export const HANDLER = `import base64, os, runpod

def handler(job):
    picture = draw(job["input"]["prompt"], weights=os.environ["WEIGHTS_URL"])
    return {"image": "data:image/png;base64," + base64.b64encode(picture).decode()}

runpod.serverless.start({"handler": handler})`;
