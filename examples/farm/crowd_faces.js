// A job type for Flamenco 3: faces for the characters of many .blend files, shared out over the workers.
//
// Put it into the folder `scripts` beside the Manager's program and restart it; `Crowd Faces` is then among the job
// types of Flamenco's panel in Blender. Its workers need the add-on (docs/scripting.md).

const JOB_TYPE = {
    label: "Crowd Faces",
    settings: [
        { key: "files", type: "string", required: true,
          description: "The .blend files as the workers see them, such as /film/shots/*/crowd.blend" },
        { key: "collection", type: "string", required: true, default: "Crowd",
          description: "Collection whose objects get a face" },
        { key: "crowd_seed", type: "int32", required: true, default: 0,
          description: "Draws the crowd; the same seed and names give the same faces in every file" },
        { key: "tasks", type: "int32", required: true, default: 4, propargs: { min: 1, max: 1000 },
          description: "How many tasks share the files" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    for (let number = 1; number <= settings.tasks; number++) {
        const task = author.Task(`faces-${number}`, "blender");
        task.addCommand(author.Command("exec", {
            exe: "{blender}",
            args: [
                "--command", "facegan", "populate", settings.files,
                "--out", "{folder}/faces/{stem}.blend",
                "--manifest", "{folder}/faces/{stem}.json",
                "--resume",
                "--part", `${number}/${settings.tasks}`,
                "--scope", "COLLECTION",
                "--collection", settings.collection,
                "--crowd-seed", `${settings.crowd_seed}`,
            ],
        }));
        job.addTask(task);
    }
}
