// An import that is not over is gone on with, as if somebody pressed the button again.
document.getElementById("run").requestSubmit();
